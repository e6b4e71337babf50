// Raw rows on their way into the first layer: standardised piece by piece, kept for the way back,
// and fetched into the cache before their turn.
#pragma once

#include "parameters.hpp"
#include "team.hpp"

namespace klayer::KLAYER_ISA {

constexpr Index LINE_BYTES = 64; // of the cache

// Raw features of type X, standardised as T by way of Wide: (x − offset) · scale, or for bytes, which
// are small whole numbers, x · scale + offset.
template <class T, class X, class Wide> struct Source {
    using Raw = X;
    static constexpr bool bytes = sizeof(X) == 1;

    const X* X_raw;
    Index inputs;
    Wide *scale, *offset; // followed by zeros

    Source(const Samples& samples, Index inputs, Memory& memory)
        : X_raw(static_cast<const X*>(samples.X)), inputs(inputs),
          scale(take<Wide>(memory, inputs + LINE_BYTES)),
          offset(take<Wide>(memory, inputs + LINE_BYTES)) {
        for (Index j = 0; j < inputs; ++j) {
            scale[j] = static_cast<Wide>(samples.inverse_std[j]);
            const double mean = samples.mean[j];
            offset[j] = static_cast<Wide>(bytes ? -mean * samples.inverse_std[j] : mean);
        }
    }

    // The same for other rows.
    Source of(const X* rows) const {
        Source other = *this;
        other.X_raw = rows;
        return other;
    }

    const X* at(std::int64_t row, Index feature) const { return X_raw + row * inputs + feature; }

    // Writes C rows from feature `begin` on, where each of `rows` points, as rows of `stride`
    // numbers; zeros beyond the last feature.
    template <int C>
    INLINE void read(const X* const* rows, Index begin, Index length, T* to, Index stride) const {
        const Wide *factor = scale + begin, *shift = offset + begin;
        const Index count = smaller(length, inputs - begin);
        Index j = 0;
        if constexpr (std::is_same_v<T, Wide>)
            for (; j + LANES<T> <= count; j += LANES<T>) {
                const Vec<T> f = load(factor + j), s = load(shift + j);
#pragma GCC unroll 8
                for (int c = 0; c < C; ++c)
                    store(to + c * stride + j, standard(load_as<T>(rows[c] + j), f, s));
            }
        for (int c = 0; c < C; ++c)
            for (Index i = j; i < length; ++i)
                to[c * stride + i] = i < count ? static_cast<T>(standard(
                                                     static_cast<Wide>(rows[c][i]), factor[i], shift[i]))
                                               : T(0);
    }

  private:
    template <class V> INLINE static V standard(V x, V factor, V shift) {
        return bytes ? x * factor + shift : (x - shift) * factor;
    }
};

// Calls f with a Source for the samples' type of features; of frequencies, for what they become.
template <class T, class F>
void with_source(const Samples& samples, Index inputs, Memory& memory, F&& f) {
    if (samples.frequencies.size > 0)
        f(Source<T, T, T>(samples, inputs, memory));
    else if (samples.feature == Feature::uint8)
        f(Source<T, std::uint8_t, T>(samples, inputs, memory));
    else if (samples.feature == Feature::float32)
        f(Source<T, float, T>(samples, inputs, memory));
    else
        f(Source<T, double, double>(samples, inputs, memory));
}

// Fetches some bytes of some rows, row after row, some cache lines at each of `calls` calls.
class Fetch {
  public:
    Fetch() = default; // nothing
    Fetch(const void* X, Index row_bytes, const std::int64_t* rows, Index count, Range bytes,
          Index calls)
        : X_(static_cast<const char*>(X)), rows_(rows), end_(rows + count),
          row_bytes_(row_bytes), bytes_(bytes), at_(bytes.begin),
          lines_(parts_of(count * parts_of(bytes.end - bytes.begin, LINE_BYTES), larger(1, calls))) {}

    INLINE void operator()() {
        for (Index i = 0; i < lines_ && rows_ != end_; ++i) {
            __builtin_prefetch(X_ + *rows_ * row_bytes_ + at_, 0, 2);
            at_ += LINE_BYTES;
            if (at_ < bytes_.end) continue;
            at_ = bytes_.begin;
            ++rows_;
        }
    }

  private:
    const char* X_ = nullptr;
    const std::int64_t *rows_ = nullptr, *end_ = nullptr;
    Index row_bytes_ = 0;
    Range bytes_ = {0, 0};
    Index at_ = 0, lines_ = 0;
};

} // namespace klayer::KLAYER_ISA
