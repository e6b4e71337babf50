// Noise as klayer.noise and klayer.augmentation have it, bit for bit: random bits as a pure function
// of seed, step, layer, unit and sample, activations dropped by them, and pictures moved.
#pragma once

#include "vector.hpp"

namespace klayer::KLAYER_ISA {

// Mixes the lower 32 bits of a whole number, or of a vector of them; the others must be 0.
template <class U> INLINE U mix(U x) {
    constexpr std::uint32_t low = 0xffffffff;
    x ^= x >> 16;
    x = (x * std::uint32_t(0x21f0aaad)) & low;
    x ^= x >> 15;
    x = (x * std::uint32_t(0x735a2d97)) & low;
    return x ^ (x >> 15);
}

inline std::uint32_t key(std::uint32_t seed, Index step, Index layer, Index unit) {
    std::uint32_t made = 0;
    for (const std::uint32_t word :
         {seed, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(layer),
          static_cast<std::uint32_t>(unit)})
        made = mix<std::uint32_t>((made ^ word) + 0x9e3779b9);
    return made;
}

// Drops activations of one unit and multiplies the others by `scale`.
template <class T>
void drop(Index n, std::uint32_t unit_key, std::uint32_t threshold, T scale, T* H) {
    using U = std::make_unsigned_t<typename Bits<T>::Int>;
    Vec<U> sample;
    for (int i = 0; i < LANES<T>; ++i) sample[i] = static_cast<U>(i);
    for (Index at = 0; at < n; at += LANES<T>, sample += static_cast<U>(LANES<T>)) {
        const Vec<U> bits = mix<Vec<U>>(sample ^ static_cast<U>(unit_key));
        const Vec<T> factor = bits >= static_cast<U>(threshold) ? splat(scale) : Vec<T>{};
        store(H + at, load(H + at) * factor);
    }
}

// Writes the picture `from` as it is moved for a sample of an update.
template <class X>
void move_picture(const Moves& moves, Index step, Index sample, const X* from, X* to) {
    const auto bits = [&](Index unit) {
        return mix<std::uint32_t>(key(moves.seed, step, 0, unit) ^
                                  static_cast<std::uint32_t>(sample));
    };
    const auto by = [&](Index unit, Index size) { // −shift … shift, as a remainder of the size
        const std::uint64_t ways = static_cast<std::uint64_t>(2 * moves.shift + 1);
        const Index pixels = static_cast<Index>(bits(unit) * ways >> 32) - moves.shift;
        return (pixels % size + size) % size;
    };
    const Index down = by(1, moves.height), right = by(2, moves.width), width = moves.width;
    const bool mirrored = moves.flip && bits(0) >> 31;
    for (Index plane = 0; plane < moves.channels; ++plane)
        for (Index y = 0; y < moves.height; ++y, to += width) {
            const Index row = (y + moves.height - down) % moves.height;
            const X* line = from + (plane * moves.height + row) * width;
            for (Index x = right; x < width; ++x)
                to[x] = line[mirrored ? width - 1 - (x - right) : x - right];
            for (Index x = 0; x < right; ++x)
                to[x] = line[mirrored ? right - 1 - x : x + width - right];
        }
}

} // namespace klayer::KLAYER_ISA
