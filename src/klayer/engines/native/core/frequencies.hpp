// Pictures as their low frequencies, as klayer.frequencies has them: channels mixed to colours, then
// two products with cosines for each, of which some places are kept.
#pragma once

#include "kernels.hpp"
#include "parameters.hpp"

namespace klayer::KLAYER_ISA {

template <class T> class Spectrum {
  public:
    Spectrum(const Frequencies& asked, Memory& memory)
        : asked_(asked), line_(padded<T>(asked.width)), columns_(padded<T>(asked.columns)),
          colours_(numbers(asked.colours, asked.channels * asked.channels, memory)),
          down_(numbers(asked.down, asked.rows * asked.height, memory)),
          across_(take<T>(memory, asked.width * columns_)),
          places_(take<std::int32_t>(memory, asked.size)) {
        for (Index i = 0; i < asked.size; ++i) {
            const Index row = asked.kept[i] / asked.columns;
            places_[i] = static_cast<std::int32_t>(row * columns_ + asked.kept[i] % asked.columns);
        }
        for (Index v = 0; v < asked.columns; ++v)
            for (Index x = 0; x < asked.width; ++x)
                across_[x * columns_ + v] = static_cast<T>(asked.across[v * asked.width + x]);
    }

    Index size() const { return asked_.size; }
    Index pixels() const { return asked_.channels * asked_.height * asked_.width; }

    // Room for what one thread has of a picture on its way.
    T* take_room(Memory& memory) const {
        return take<T>(memory, asked_.height * line_ + asked_.rows * line_ +
                                   asked_.channels * asked_.rows * columns_);
    }

    // Writes the frequencies of a picture.
    void read(const std::uint8_t* picture, T* room, T* to) const {
        T *plane = room, *half = plane + asked_.height * line_, *all = half + asked_.rows * line_;
        const auto zero = [](Index) { return T(0); };
        for (Index c = 0; c < asked_.channels; ++c) {
            mix(picture, colours_ + c * asked_.channels, plane);
            outer(0, asked_.rows, 0, line_ / LANES<T>, down_, asked_.height, 1, plane, line_,
                  asked_.height, half, line_, zero);
            outer(0, asked_.rows, 0, columns_ / LANES<T>, half, line_, 1, across_, columns_,
                  asked_.width, all + c * asked_.rows * columns_, columns_, zero);
        }
        for (Index i = 0; i < asked_.size; ++i) to[i] = all[places_[i]];
    }

  private:
    static T* numbers(const double* from, Index count, Memory& memory) {
        T* to = take<T>(memory, count);
        for (Index i = 0; i < count; ++i) to[i] = static_cast<T>(from[i]);
        return to;
    }

    void mix(const std::uint8_t* picture, const T* shares, T* plane) const {
        for (Index c = 0; c < asked_.channels; ++c)
            for (Index y = 0; y < asked_.height; ++y) {
                const std::uint8_t* from = picture + (c * asked_.height + y) * asked_.width;
                T* to = plane + y * line_;
                for (Index x = 0; x < asked_.width; ++x)
                    to[x] = (c == 0 ? T(0) : to[x]) + shares[c] * static_cast<T>(from[x]);
            }
    }

    const Frequencies& asked_;
    const Index line_, columns_; // lengths of rows of pixels and of frequencies, padded
    T *colours_, *down_, *across_;
    std::int32_t* places_; // of what is kept
};

inline const std::uint8_t* picture_at(const Samples& samples, std::int64_t row) {
    const Frequencies& asked = samples.frequencies;
    return static_cast<const std::uint8_t*>(samples.X) +
           row * asked.channels * asked.height * asked.width;
}

// 0, 1, 2, …: which rows those are that were made for a batch.
inline std::int64_t* take_places(Index count, Memory& memory) {
    std::int64_t* places = take<std::int64_t>(memory, count);
    for (Index i = 0; i < count; ++i) places[i] = i;
    return places;
}

} // namespace klayer::KLAYER_ISA
