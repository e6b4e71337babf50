// The first layer, which has nearly all the work: raw rows are standardised in small pieces that
// stay in the first-level cache, and the stack's weights W_1 pass by. Features come in fixed
// blocks, whose partial sums are added in their order: any thread may compute any of them.
#pragma once

#include "kernels.hpp"
#include "parameters.hpp"
#include "team.hpp"

namespace klayer::KLAYER_ISA {

template <class T> constexpr Index BLOCK = 3072 / static_cast<Index>(sizeof(T)); // features
template <class T> constexpr Index PANEL = 256 / static_cast<Index>(sizeof(T));  // features
constexpr Index GROUP_BYTES = 1 << 20; // weights that stay in the second-level cache

// Raw features of type X, standardised as T by way of Wide.
template <class T, class X, class Wide> struct Source {
    const X* X_raw;
    Index inputs;
    Wide *mean, *inverse_std;

    Source(const Samples& samples, Index inputs, Memory& memory)
        : X_raw(static_cast<const X*>(samples.X)), inputs(inputs), mean(take<Wide>(memory, inputs)),
          inverse_std(take<Wide>(memory, inputs)) {
        for (Index j = 0; j < inputs; ++j) {
            mean[j] = static_cast<Wide>(samples.mean[j]);
            inverse_std[j] = static_cast<Wide>(samples.inverse_std[j]);
        }
    }
    // Writes features [begin, begin + length) of a row, zeros beyond the last.
    INLINE void read(std::int64_t row, Index begin, Index length, T* to) const {
        const Index count = smaller(length, inputs - begin);
        standardise(X_raw + row * inputs + begin, mean + begin, inverse_std + begin, count, length,
                    to);
    }
    INLINE void prefetch(std::int64_t row, Index feature) const {
        __builtin_prefetch(X_raw + row * inputs + feature, 0, 2);
    }
};

// Calls f with a Source for the samples' type of features.
template <class T, class F>
void with_source(const Samples& samples, Index inputs, Memory& memory, F&& f) {
    if (samples.feature == Feature::uint8)
        f(Source<T, std::uint8_t, T>(samples, inputs, memory));
    else if (samples.feature == Feature::float32)
        f(Source<T, float, T>(samples, inputs, memory));
    else
        f(Source<T, double, double>(samples, inputs, memory));
}

template <class T> Index blocks_of(const Parameters<T>& stack) {
    return parts_of(stack.layers[1].below, BLOCK<T>);
}

// Scratch of one thread for standardised pieces of rows.
template <class T> T* take_piece(Memory& memory, Index batch) {
    return take<T>(memory, larger(DOT_COLUMNS * (BLOCK<T> + LANES<T>), batch * PANEL<T>));
}

// Writes partial[block][row][i] = Σ_{j in block} W_1[row, j] x[i, j] for one block and samples
// [begin, end) of a batch; rows of `partial` are `ld` numbers long.
template <class T, class From>
void first_products(const Parameters<T>& stack, const From& source, const std::int64_t* batch,
                    Index block, Range samples, T* piece, T* partial, Index ld) {
    const Index start = block * BLOCK<T>;
    const Index length = smaller(BLOCK<T>, padded<T>(source.inputs) - start);
    const Index piece_stride = BLOCK<T> + LANES<T>;
    T* out = partial + block * stack.rows * ld;
    const Index group = GROUP_BYTES / (length * static_cast<Index>(sizeof(T)));
    const Index groups = parts_of(stack.rows, group);
    for (Index g = 0; g < groups; ++g) {
        const Index low = stack.rows * g / groups, high = stack.rows * (g + 1) / groups;
        in_parts<DOT_COLUMNS>(samples.begin, samples.end, [&](Index i, auto columns) {
            for (int c = 0; c < columns.value; ++c)
                source.read(batch[i + c], start, length, piece + c * piece_stride);
            in_parts<DOT_ROWS>(low, high, [&](Index row, auto rows) {
                dot_tile<rows.value, columns.value>(
                    stack.W1 + row * stack.stride + start, stack.stride, piece, piece_stride,
                    length, [&](int r, int c, T sum) { out[(row + r) * ld + i + c] = sum; });
            });
        });
    }
}

// Descends along W_1's gradient dS_1 Hᵀ for rows [low, high) and the features of one panel, so
// that each weight is read and written once and the gradient is never stored. `descend(row)` gives
// the row's rule. Meanwhile the same features of the `ahead` next rows are fetched into the cache.
template <class T, class From, class Descend>
void first_update(const Parameters<T>& stack, const From& source, const std::int64_t* batch,
                  Index n, Index ahead, Index panel, Range rows, const T* dS, Index ld, T* piece,
                  Descend&& descend) {
    const Index start = panel * PANEL<T>;
    const Index length = smaller(PANEL<T>, padded<T>(source.inputs) - start);
    for (Index i = 0; i < n; ++i) source.read(batch[i], start, length, piece + i * PANEL<T>);
    const Index count = rows.end - rows.begin;
    Index fetched = 0;
    in_parts<OUTER_ROWS>(rows.begin, rows.end, [&](Index row, auto tile) {
        const Index due = ahead * (row + tile.value - rows.begin) / count;
        for (; fetched < due; ++fetched) source.prefetch(batch[n + fetched], start);
        in_parts<OUTER_VECTORS>(0, length / LANES<T>, [&](Index v, auto vectors) {
            T* W = stack.W1 + row * stack.stride + start + v * LANES<T>;
            outer_tile<tile.value, vectors.value>(
                dS + row * ld, ld, 1, piece + v * LANES<T>, PANEL<T>, n,
                [&](int r, int u, Vec<T> gradient) {
                    T* place = W + r * stack.stride + u * LANES<T>;
                    store(place, descend(row + r).weight(load(place), gradient));
                });
        });
    });
}

} // namespace klayer::KLAYER_ISA
