// The two products that everything is made of, as tiles whose sums stay in registers.
//   dot tiles:   sums along the vectors of two sets of rows (W_1 · x, dS · Hᵀ)
//   outer tiles: rows of numbers times rows of vectors (W H, Wᵀ dS, dS_1 · X)
// Every sum is formed in the same order whatever the tile's size, so tiling changes no bit.
#pragma once

#include "vector.hpp"

namespace klayer::KLAYER_ISA {

constexpr bool MANY = REGISTERS == 32;
constexpr int DOT_ROWS = MANY ? 5 : 2, DOT_COLUMNS = MANY ? 5 : 6;
constexpr int OUTER_ROWS = MANY ? 5 : 6, OUTER_VECTORS = MANY ? 4 : 2;

// Calls finish(r, c, Σ_j a[r, j] b[c, j]); `length` is a multiple of the lanes.
template <int R, int C, class T, class Finish>
INLINE void dot_tile(const T* a, Index a_stride, const T* b, Index b_stride, Index length,
                     Finish&& finish) {
    Vec<T> sums[R * C] = {};
    for (Index j = 0; j < length; j += LANES<T>) {
        Vec<T> x[R];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) x[r] = load_once(a + r * a_stride + j);
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) {
            const Vec<T> y = load_once(b + c * b_stride + j);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) sums[r * C + c] += x[r] * y;
        }
    }
    T totals[padded<T>(R * C)];
    add_lanes<T, R * C>(sums, totals);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) finish(r, c, totals[place_of<T>(r * C + c)]);
}

// Calls finish(r, v, begin(r, v) + Σ_s a[r, s] b[s, v]) for vectors v; a[r, s] = a[r · a_row + s ·
// a_step].
template <int R, int V, class T, class Begin, class Finish>
INLINE void outer_tile(const T* a, Index a_row, Index a_step, const T* b, Index b_step, Index steps,
                       Begin&& begin, Finish&& finish) {
    Vec<T> sums[R][V];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sums[r][v] = begin(r, v);
    for (Index s = 0; s < steps; ++s) {
        Vec<T> y[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) y[v] = load(b + v * LANES<T>);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Vec<T> x = splat(a[r * a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sums[r][v] += x * y[v];
        }
        a += a_step;
        b += b_step;
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) finish(r, v, sums[r][v]);
}

constexpr Index OUTER_STEPS = 128; // whose vectors stay in the first-level cache
constexpr Index OUTER_CHUNK = 16 * OUTER_ROWS; // rows that are copied side by side
constexpr Index FAR = 256; // numbers from one step to the next, beyond which copying pays

// Writes to[i, v] = begin(i) + Σ_s a[i, s] b[s, v] for rows i and vectors v of two ranges, some
// steps at a time; rows of `to` are `ld` numbers long. Columns of a large matrix `a` (a_row = 1) are
// copied first: its rows share few lines of the cache.
template <class T, class Begin>
INLINE void outer(Index row_begin, Index row_end, Index vector_begin, Index vector_end, const T* a,
                  Index a_row, Index a_step, const T* b, Index b_step, Index steps, T* to,
                  Index ld, Begin&& begin) {
    const bool copies = larger(a_row, a_step) >= FAR, columns = a_row == 1;
    const Index chunk = copies ? OUTER_CHUNK : row_end - row_begin;
    T copy[(OUTER_CHUNK + LANES<T>) * (OUTER_STEPS + LANES<T>)];
    for (Index done = 0; done < steps; done += OUTER_STEPS)
        for (Index low = row_begin; low < row_end; low += chunk) {
            const Index count = smaller(OUTER_STEPS, steps - done);
            const Index high = smaller(low + chunk, row_end);
            const T* from = a + low * a_row + done * a_step;
            Index from_row = a_row, from_step = a_step;
            if (copies) {
                from_row = columns ? 1 : OUTER_STEPS + LANES<T>;
                from_step = columns ? OUTER_CHUNK + LANES<T> : 1;
                for (Index i = 0; i < (columns ? count : high - low); ++i)
                    __builtin_memcpy(copy + i * larger(from_row, from_step),
                                     from + i * larger(a_row, a_step),
                                     sizeof(T) * static_cast<std::size_t>(columns ? high - low : count));
                from = copy;
            }
            in_parts<OUTER_VECTORS>(vector_begin, vector_end, [&](Index v, auto vectors) {
                in_parts<OUTER_ROWS>(low, high, [&](Index i, auto rows) {
                    T* out = to + i * ld + v * LANES<T>;
                    outer_tile<rows.value, vectors.value>(
                        from + (i - low) * from_row, from_row, from_step,
                        b + v * LANES<T> + done * b_step, b_step, count,
                        [&](int r, int u) {
                            return done == 0 ? splat(begin(i + r))
                                             : load(out + r * ld + u * LANES<T>);
                        },
                        [&](int r, int u, Vec<T> value) {
                            store(out + r * ld + u * LANES<T>, value);
                        });
                });
            });
        }
}

} // namespace klayer::KLAYER_ISA
