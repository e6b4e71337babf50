// The first layer on raw bytes, where the processor multiplies them by digits: what standardises a
// feature is moved to its weights and its gradient,
//   Σ_j W (s x + o) = Σ_j (W s) x + Σ_j W o   and   Σ_i dS (s x + o) = s Σ_i dS x + o Σ_i dS,
// so that bytes stay bytes, and W s and dS are split into digits. Features whose scales differ much
// would lose their last digits beside one another: such are read by way of float32. What is not a
// number has digits that mean nothing; the sums with o, in float32, say what it is.
#pragma once

#include "digits.hpp"
#include "first_layer.hpp"
#include "layers.hpp"

namespace klayer::KLAYER_ISA {

#if defined(__AVX512VNNI__)
constexpr float WIDEST = 4;          // most that one feature's scale may be of another's
constexpr float FARTHEST = 4;        // most that a mean may be from zero, in standard deviations
constexpr Index LONGEST = 1 << 15;   // batch whose sums 32 bits hold
constexpr Index ROW_CHUNK = 2 * DIGIT_ROWS; // rows whose digits stay in the first-level cache
constexpr Index FEATURES = PAIR * BLOCK<float>; // that are multiplied at once

template <class T, class From> class ByteLayer {
  public:
    static constexpr bool exists = std::is_same_v<T, float> && From::bytes;

    ByteLayer() = default; // not used
    ByteLayer(const From& source, Index longest) {
        if constexpr (exists)
            used_ = longest <= LONGEST && source.inputs > FEW<T> && fits(source);
    }

    bool used() const { return used_; }

    // Rows of weights as their digits.
    struct Rows {
        std::int8_t* digits;
        T *units, *constants;

        Rows() = default;
        Rows(Index count, Memory& memory)
            : digits(take<std::int8_t>(memory, count * ROW)), units(take<T>(memory, count)),
              constants(take<T>(memory, count)) {}

        // Splits (pair of blocks, row of W_1) after another, each as the row of its number.
        void fill(const Parameters<T>& stack, const From& source, Range tasks) {
            for (Index task = tasks.begin; task < tasks.end; ++task)
                split_row(stack.layers[1], source, task / stack.rows, task % stack.rows, task);
        }

        // Splits one pair of blocks of a row, as row `to`.
        void split_row(const Layer<T>& layer, const From& source, Index pair, Index row, Index to) {
            const Index start = pair * FEATURES;
            const Index length = smaller(FEATURES, padded<T>(source.inputs) - start);
            const T* W = layer.W + row * layer.stride + start;
            const T *scale = source.scale + start, *offset = source.offset + start;
            const auto scaled = [&](Index j) { return load(W + j) * load(scale + j); };
            Largest largest;
            constants[to] = sum_of<T>(length, [&](Index j) {
                largest.see(j / LANES<T>, scaled(j));
                return load(W + j) * load(offset + j);
            });
            units[to] = split(length, largest.found(), scaled, digits + to * ROW, FEATURES);
        }
    };

    // Multiplies (pair of blocks, row of W_1) after another, splitting some at a time.
    void multiply(const Parameters<T>& stack, const From& source, const std::int64_t* batch,
                  Index n, Range tasks, Rows& scratch, T* partial, Index ld) const {
        for (Index task = tasks.begin; task < tasks.end;) {
            const Index pair = task / stack.rows, row = task % stack.rows;
            const Index count = smaller(ROW_CHUNK, smaller(stack.rows - row, tasks.end - task));
            for (Index r = 0; r < count; ++r)
                scratch.split_row(stack.layers[1], source, pair, row + r, r);
            multiply_rows(source, batch, n, pair, scratch, {0, count}, partial + task * ld, ld);
            task += count;
        }
    }

    // Multiplies one pair of blocks by all rows of W_1, which were split before.
    void multiply_pair(const Parameters<T>& stack, const From& source, const std::int64_t* batch,
                       Index n, Index pair, const Rows& rows, T* partial, Index ld) const {
        const Index end = (pair + 1) * stack.rows;
        for (Index task = pair * stack.rows; task < end; task += ROW_CHUNK)
            multiply_rows(source, batch, n, pair, rows, {task, smaller(task + ROW_CHUNK, end)},
                          partial + task * ld, ld);
    }

    // Keeps (pair of blocks, four of samples) after another, interleaved, for the way back; panels
    // have room for `ld` rows each.
    static void keep(const From& source, const std::int64_t* batch, Index n, Range tasks,
                     std::uint8_t* kept, Index ld) {
        const Index fours = parts_of(n, 4);
        for (Index task = tasks.begin; task < tasks.end; ++task) {
            const Index four = task % fours, start = task / fours * FEATURES;
            const Index length = smaller(FEATURES, source.inputs - start);
            const std::uint8_t* from[4];
            for (Index k = 0; k < 4; ++k)
                from[k] = source.at(batch[smaller(4 * four + k, n - 1)], start);
            std::uint8_t* to = kept + start * ld + four * 4 * WIDE;
            for (Index j = 0; j < length; j += WIDE, to += ld * WIDE) {
                Bytes rows[4];
                for (int k = 0; k < 4; ++k) rows[k] = load_bytes(from[k] + j, length - j);
                interleave(rows, to);
            }
        }
    }

    // Bytes that the digits of a row of a gradient need.
    static Index room_for_gradient(Index n) { return DIGITS * parts_of(n, WIDE) * WIDE; }

    // A gradient's rows as their digits.
    struct Gradient {
        std::int8_t* digits;
        T *units, *sums;
        Index row = 0, kind = 0;

        Gradient() = default;
        Gradient(Index rows, Index longest, Memory& memory)
            : digits(take<std::int8_t>(memory, rows * room_for_gradient(longest))),
              units(take<T>(memory, rows)), sums(take<T>(memory, rows)) {}

        void fill(const T* dS, Index ld, Index rows, Index n) {
            row = room_for_gradient(n);
            kind = row / DIGITS;
            for (Index r = 0; r < rows; ++r) {
                const T* from = dS + r * ld;
                Largest largest;
                sums[r] = sum_of<T>(padded<T>(n), [&](Index i) {
                    largest.see(i / LANES<T>, load(from + i));
                    return load(from + i);
                });
                units[r] = split(padded<T>(n), largest.found(),
                                 [&](Index i) { return load(from + i); }, digits + r * row, kind);
            }
        }
    };

    // What one thread works with.
    struct Desk {
        Rows digits;
        Gradient gradient;

        Desk() = default;
        Desk(Index rows, Index longest, Memory& memory)
            : digits(ROW_CHUNK, memory), gradient(rows, longest, memory) {}
    };

    // As `descend_panel`, for the columns from `start` on.
    template <class Rule>
    static void descend(const From& source, const Layer<T>& layer, Range rows, Index start,
                        const Gradient& gradient, const std::uint8_t* kept, Index ld, Index n,
                        const Rule* rules, Fetch& fetch) {
        const T *scale = source.scale + start, *offset = source.offset + start;
        const Index stride = layer.stride, width = layer.width;
        T* const W = layer.W + start;
        with_size<DIGIT_COLUMNS>(
            smaller(DIGIT_COLUMNS, parts_of(source.inputs - start, LANES<T>)), [&](auto vectors) {
                in_parts<DIGIT_ROWS>(rows.begin, rows.end, [&](Index row, auto tile) {
                    fetch();
                    Rule own[tile.value]; // copies, which no store to W can change
                    T units[tile.value], sums[tile.value];
                    for (int r = 0; r < tile.value; ++r) {
                        own[r] = rules[(row + r) / width];
                        units[r] = gradient.units[row + r];
                        sums[r] = gradient.sums[row + r];
                    }
                    T* const to = W + row * stride;
                    digit_outer_tile<tile.value, vectors.value>(
                        gradient.digits + row * gradient.row, gradient.row, gradient.kind,
                        kept + start * ld, parts_of(n, 4), [&](int r, int v, Vec<T> whole) {
                            const Index at = v * LANES<T>;
                            own[r].weights(to + r * stride + at,
                                           load(scale + at) * whole * units[r] +
                                               load(offset + at) * sums[r]);
                        });
                });
            });
    }

  private:
    // Multiplies a pair of blocks of all samples by some rows that were split; `out` is the first's.
    void multiply_rows(const From& source, const std::int64_t* batch, Index n, Index pair,
                       const Rows& rows, Range range, T* out, Index ld) const {
        const Index start = pair * FEATURES, length = smaller(FEATURES, source.inputs - start);
        const std::int8_t* const digits = rows.digits + range.begin * ROW;
        const T *const units = rows.units + range.begin, *const constants = rows.constants + range.begin;
        in_parts<DIGIT_COLUMNS>(0, n, [&](Index i, auto columns) {
            const std::uint8_t* x[columns.value];
            for (int c = 0; c < columns.value; ++c) x[c] = source.at(batch[i + c], start);
            in_parts<DIGIT_ROWS>(0, range.end - range.begin, [=](Index row, auto tile) {
                const Wholes wholes = digit_dot_tile<tile.value, columns.value>(
                    digits + row * ROW, ROW, FEATURES, x, length);
                const Wholes sums = wholes * for_rows<tile.value>(units + row) +
                                    for_rows<tile.value>(constants + row);
                for (int r = 0; r < tile.value; ++r)
                    __builtin_memcpy(out + (row + r) * ld + i,
                                     reinterpret_cast<const T*>(&sums) + r * DIGIT_COLUMNS,
                                     columns.value * sizeof(T));
            });
        });
    }

    static constexpr Index ROW = DIGITS * FEATURES + LINE_BYTES; // rows share few lines of a cache

    static bool fits(const From& source) {
        T low = source.scale[0], high = low, far = 0;
        for (Index j = 0; j < source.inputs; ++j) {
            low = source.scale[j] < low ? source.scale[j] : low;
            high = source.scale[j] > high ? source.scale[j] : high;
            const T offset = source.offset[j];
            far = offset > far ? offset : -offset > far ? -offset : far;
        }
        return low > 0 && high <= WIDEST * low && far <= FARTHEST;
    }

    bool used_ = false;
};
#else
template <class T, class From> class ByteLayer {
  public:
    static constexpr bool exists = false;
    struct Rows {};
    struct Desk {};
    ByteLayer() = default;
    ByteLayer(const From&, Index) {}
};
#endif

} // namespace klayer::KLAYER_ISA
