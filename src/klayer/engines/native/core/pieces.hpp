// The first layer in pieces, which has nearly all the work where features are many: raw rows are
// standardised in small ones that stay in the first-level cache, and the stack's weights W_1 pass by.
// Features come in fixed blocks, whose sums are added in their order: any thread may compute any.
#pragma once

#include "panel.hpp"

namespace klayer::KLAYER_ISA {

template <class T> constexpr Index BLOCK = 3072 / static_cast<Index>(sizeof(T)); // features
constexpr Index PAIR = 2; // blocks whose sums are added on the spot
// So few features are multiplied by as layers above do it: sums along so short vectors are slow.
template <class T> constexpr Index FEW = 2 * PANEL<T>;
constexpr Index GROUP_BYTES = 1 << 20; // weights that stay in the second-level cache

template <class T> Index pairs_of(Index inputs) { return parts_of(inputs, PAIR * BLOCK<T>); }

// Scratch of one thread for standardised pieces of rows.
template <class T> T* take_piece(Memory& memory, Index batch) {
    return take<T>(memory, larger(DOT_COLUMNS * (BLOCK<T> + LANES<T>), panel_room<T>(batch)));
}

// Copies raw features [begin, begin + length) of a row to their panels, with room for `ld` rows each:
// as much for a partial batch, or one thread's panels would lie where another still reads its own.
template <class T, class From>
INLINE void keep(const From& source, const typename From::Raw* from, Index begin, Index length,
                 Index row, Index ld, typename From::Raw* kept) {
    const Index end = smaller(begin + length, source.inputs);
    for (Index j = begin; j < end; j += PANEL<T>, from += PANEL<T>) {
        typename From::Raw* to = kept + (j * ld + row * PANEL<T>);
        if (j + PANEL<T> <= end)
            __builtin_memcpy(to, from, PANEL<T> * sizeof *from);
        else
            __builtin_memcpy(to, from, static_cast<std::size_t>(end - j) * sizeof *from);
    }
}

// Writes partial[pair][row][i] = Σ_{j in pair} W_1[row, j] x[i, j] for one pair of blocks and some
// samples; rows of `partial` are `ld` numbers long. What was read is kept for `fill_panel` where
// `kept` is not null.
template <class T, class From>
void first_products(const Parameters<T>& stack, const From& source, const std::int64_t* batch,
                    Index pair, Range samples, T* piece, typename From::Raw* kept, T* partial,
                    Index ld) {
    const Index end = smaller((pair + 1) * PAIR * BLOCK<T>, padded<T>(source.inputs));
    const Index piece_stride = BLOCK<T> + LANES<T>;
    const Layer<T>& layer = stack.layers[1];
    T* out = partial + pair * stack.rows * ld;
    for (Index start = pair * PAIR * BLOCK<T>; start < end; start += BLOCK<T>) {
        const Index length = smaller(BLOCK<T>, end - start);
        const bool adds = start > pair * PAIR * BLOCK<T>;
        const Index groups =
            parts_of(stack.rows * length * static_cast<Index>(sizeof(T)), GROUP_BYTES);
        for (Index g = 0; g < groups; ++g) {
            const Index low = stack.rows * g / groups, high = stack.rows * (g + 1) / groups;
            in_parts<DOT_COLUMNS>(samples.begin, samples.end, [&](Index i, auto columns) {
                const typename From::Raw* rows[columns.value];
                for (int c = 0; c < columns.value; ++c) {
                    rows[c] = source.at(batch[i + c], start);
                    if (kept != nullptr && g == 0)
                        keep<T>(source, rows[c], start, length, i + c, ld, kept);
                }
                source.template read<columns.value>(rows, start, length, piece, piece_stride);
                in_parts<DOT_ROWS>(low, high, [&](Index row, auto tile) {
                    dot_tile<tile.value, columns.value>(
                        layer.W + row * layer.stride + start, layer.stride, piece, piece_stride,
                        length, [&](int r, int c, T sum) {
                            T& to = out[(row + r) * ld + i + c];
                            to = adds ? to + sum : sum;
                        });
                });
            });
        }
    }
}

// The same for every pair of blocks and all samples by a team, which shares the samples of the first
// pair, then of the next.
template <class T, class From>
void multiply_pieces(const Parameters<T>& stack, const From& source, const Crew& team,
                     const std::int64_t* batch, Index n, T* piece, typename From::Raw* kept,
                     T* partial, Index ld) {
    const Range mine = team.share(pairs_of<T>(source.inputs) * n);
    for (Index pair = mine.begin / n; pair * n < mine.end; ++pair) {
        const Range samples = {larger(mine.begin - pair * n, 0), smaller(mine.end - pair * n, n)};
        first_products(stack, source, batch, pair, samples, piece, kept, partial, ld);
    }
}

// Fills a panel with standardised features of a batch from `start` on, from what was kept where it
// was.
template <class T, class From>
void fill_panel(const From& source, const std::int64_t* batch, Index n, Index start,
                const typename From::Raw* kept, Index ld, T* panel) {
    const Index length = smaller(PANEL<T>, padded<T>(source.inputs) - start);
    in_parts<DOT_COLUMNS>(0, n, [&](Index i, auto columns) {
        for (Index at = 0; at < length; at += STRIPE<T>) {
            const typename From::Raw* raw[columns.value];
            for (int c = 0; c < columns.value; ++c)
                raw[c] = at + (kept == nullptr ? source.at(batch[i + c], start)
                                               : kept + (start * ld + (i + c) * PANEL<T>));
            source.template read<columns.value>(raw, start + at, smaller(STRIPE<T>, length - at),
                                                panel + place_in_panel<T>(at, n) + i * STRIPE<T>,
                                                STRIPE<T>);
        }
    });
}

// Fills panels with a whole batch of few features, and X (m_0, ld) with their transpose.
template <class T, class From>
void read_both_ways(const From& source, const std::int64_t* batch, Index n, T* panels, T* X,
                    Index ld) {
    for (Index start = 0; start < source.inputs; start += PANEL<T>)
        fill_panel<T>(source, batch, n, start, nullptr, ld,
                      panels + place_in_panel<T>(start, n));
    for (Index j = 0; j < source.inputs; j += LANES<T>)
        for (Index i = 0; i < n; i += LANES<T>)
            turn_square(panels + place_in_panel<T>(j, n) + i * STRIPE<T>, STRIPE<T>, LANES<T>,
                        X + j * ld + i, ld);
}

} // namespace klayer::KLAYER_ISA
