// The update of a layer's weights, some columns at a time: what the layer read of them lies ready
// in the first-level cache, so that each weight is read and written once and no gradient is stored.
#pragma once

#include "kernels.hpp"
#include "rules.hpp"
#include "source.hpp"

namespace klayer::KLAYER_ISA {

template <class T> constexpr Index PANEL = 256 / static_cast<Index>(sizeof(T)); // columns
// Columns of a tile: a panel is stripe after stripe, and a stripe sample after sample.
template <class T> constexpr Index STRIPE = OUTER_VECTORS * LANES<T>;

template <class T> Index panel_room(Index batch) { return padded<T>(batch) * PANEL<T>; }

// Where a panel of n samples has a column of the first sample.
template <class T> INLINE Index place_in_panel(Index column, Index n) {
    return column / STRIPE<T> * STRIPE<T> * padded<T>(n) + column % STRIPE<T>;
}

// Transposes a square of as many rows as a vector has lanes; rows from `count` on count as zeros.
template <class T>
INLINE void turn_square(const T* from, Index from_stride, Index count, T* to, Index to_stride) {
    Vec<T> square[LANES<T>];
    for (int k = 0; k < LANES<T>; ++k)
        square[k] = k < count ? load(from + k * from_stride) : Vec<T>{};
    transpose<T>(square);
    for (int k = 0; k < LANES<T>; ++k) store(to + k * to_stride, square[k]);
}

// Descends along dS · panel for some rows of W, whose columns begin at W and are `stride` numbers
// long; each `width` rows have a rule of their own.
template <class T, class Rule>
void descend_panel(T* W, Index stride, Range rows, Index length, const T* dS, Index ld,
                   const T* panel, Index n, const Rule* rules, Index width, Fetch& fetch) {
    in_parts<OUTER_ROWS>(rows.begin, rows.end, [&](Index row, auto tile) {
        Rule own[tile.value]; // copies, which no store to W can change
        for (int r = 0; r < tile.value; ++r) own[r] = rules[(row + r) / width];
        for (Index column = 0; column < length; column += STRIPE<T>) {
            T* to = W + row * stride + column;
            fetch();
            with_size<OUTER_VECTORS>(
                smaller(OUTER_VECTORS, (length - column) / LANES<T>), [&](auto vectors) {
                    outer_tile<tile.value, vectors.value>(
                        dS + row * ld, ld, 1, panel + place_in_panel<T>(column, n), STRIPE<T>, n,
                        [](int, int) { return Vec<T>{}; }, [&](int r, int v, Vec<T> gradient) {
                            own[r].weights(to + r * stride + v * LANES<T>, gradient);
                        });
                });
        }
    });
}

} // namespace klayer::KLAYER_ISA
