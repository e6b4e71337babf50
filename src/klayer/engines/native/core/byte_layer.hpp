// The first layer on raw bytes, where the processor multiplies them by digits: what standardises a
// feature is moved to its weights and its gradient,
//   Σ_j W (s x + o) = Σ_j (W s) x + Σ_j W o   and   Σ_i dS (s x + o) = s Σ_i dS x + o Σ_i dS,
// so that bytes stay bytes, and W s and dS are split into digits. Features whose scales differ much
// would lose their last digits beside one another: such are read by way of float32. What is not a
// number has digits that mean nothing; the sums with o, in float32, say what it is.
#pragma once

#include "digits.hpp"
#include "layers.hpp"
#include "pieces.hpp"

namespace klayer::KLAYER_ISA {

// Elsewhere, and for other rows and weights: never used.
template <class T, class From> struct ByteLayer {
    struct Desk {
        Desk(Index, Index, Memory&) {}
        void split_gradient(auto&&...) {}
    };
    ByteLayer() = default;
    ByteLayer(const From&, Index) {}
    static constexpr bool used() { return false; }
    static void multiply(auto&&...) {}
    static void descend(auto&&...) {}
};

#if defined(__AVX512VNNI__)
constexpr float WIDEST = 4;          // most that one feature's scale may be of another's
constexpr float FARTHEST = 4;        // most that a mean may be from zero, in standard deviations
constexpr Index LONGEST = 1 << 15;   // batch whose sums 32 bits hold
constexpr Index ROW_CHUNK = 2 * DIGIT_ROWS; // rows whose digits stay in the first-level cache
constexpr Index FEATURES = PAIR * BLOCK<float>; // that are multiplied at once
constexpr Index ROW = DIGITS * FEATURES + LINE_BYTES; // of digits: rows share few lines of a cache

template <> class ByteLayer<float, Source<float, std::uint8_t, float>> {
    using Pixels = Source<float, std::uint8_t, float>;

  public:
    ByteLayer() = default; // not used
    ByteLayer(const Pixels& source, Index longest) : used_(longest <= LONGEST && fits(source)) {}

    bool used() const { return used_; }

    // What one thread works with: some rows of W_1 as their digits, and all of dS_1 as its.
    struct Desk {
        std::int8_t *digits, *gradient;
        float *units, *constants, *gradient_units, *gradient_sums;
        Index row, kind; // digits from one row of the gradient to the next, and from kind to kind

        // Without rows of a gradient where nothing is trained.
        Desk(Index rows, Index longest, Memory& memory)
            : digits(take<std::int8_t>(memory, ROW_CHUNK * ROW)),
              gradient(take<std::int8_t>(memory, rows * DIGITS * parts_of(longest, WIDE) * WIDE)),
              units(take<float>(memory, ROW_CHUNK)), constants(take<float>(memory, ROW_CHUNK)),
              gradient_units(take<float>(memory, rows)), gradient_sums(take<float>(memory, rows)) {}

        void split_gradient(const float* dS, Index ld, Index rows, Index n) {
            kind = parts_of(n, WIDE) * WIDE;
            row = DIGITS * kind;
            for (Index r = 0; r < rows; ++r, dS += ld) {
                const auto at = [&](Index i) { return load(dS + i); };
                Largest largest;
                gradient_sums[r] = sum_of<float>(padded<float>(n), [&](Index i) {
                    largest.see(i / LANES<float>, at(i));
                    return at(i);
                });
                gradient_units[r] =
                    split(padded<float>(n), largest.found(), at, gradient + r * row, kind);
            }
        }
    };

    // Writes partial[pair][row] (n,) for every pair of blocks and row of W_1, of which a team shares
    // (pair, row) after another; rows of `partial` are `ld` numbers long. What is read is kept for
    // the way back where `kept` is not null.
    static void multiply(const Parameters<float>& stack, const Pixels& source, const Crew& team,
                         const std::int64_t* batch, Index n, const Desk& desk, std::uint8_t* kept,
                         float* partial, Index ld) {
        const Index pairs = pairs_of<float>(source.inputs);
        if (kept != nullptr) keep(source, batch, n, team.share(pairs * parts_of(n, 4)), kept, ld);
        const Range mine = team.share(pairs * stack.rows);
        for (Index task = mine.begin; task < mine.end;) {
            const Index pair = task / stack.rows, row = task % stack.rows;
            const Index count = smaller(ROW_CHUNK, smaller(stack.rows - row, mine.end - task));
            for (Index r = 0; r < count; ++r)
                split_row(stack.layers[1], source, pair, row + r, desk, r);
            multiply_rows(source, batch, n, pair, desk, count, partial + task * ld, ld);
            task += count;
        }
    }

    // As `descend_panel`, for the columns from `start` on.
    template <class Rule>
    static void descend(const Pixels& source, const Layer<float>& layer, Range rows, Index start,
                        const Desk& desk, const std::uint8_t* kept, Index ld, Index n,
                        const Rule* rules, Fetch& fetch) {
        constexpr Index each = LANES<float>;
        const float *scale = source.scale + start, *offset = source.offset + start;
        const Index stride = layer.stride, width = layer.width;
        float* const W = layer.W + start;
        with_size<DIGIT_COLUMNS>(
            smaller(DIGIT_COLUMNS, parts_of(source.inputs - start, each)), [&](auto vectors) {
                in_parts<DIGIT_ROWS>(rows.begin, rows.end, [&](Index row, auto tile) {
                    fetch();
                    Rule own[tile.value]; // copies, which no store to W can change
                    float units[tile.value], sums[tile.value];
                    for (int r = 0; r < tile.value; ++r) {
                        own[r] = rules[(row + r) / width];
                        units[r] = desk.gradient_units[row + r];
                        sums[r] = desk.gradient_sums[row + r];
                    }
                    float* const to = W + row * stride;
                    digit_outer_tile<tile.value, vectors.value>(
                        desk.gradient + row * desk.row, desk.row, desk.kind, kept + start * ld,
                        parts_of(n, 4), [&](int r, int v, Vec<float> whole) {
                            const Vec<float> own_sum = load(offset + v * each) * sums[r];
                            own[r].weights(to + r * stride + v * each,
                                           fused(load(scale + v * each) * whole, units[r], own_sum));
                        });
                });
            });
    }

  private:
    // Keeps (pair of blocks, four of samples) after another, interleaved; panels have room for `ld`
    // rows each.
    static void keep(const Pixels& source, const std::int64_t* batch, Index n, Range tasks,
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

    // Splits one pair of blocks of a row of W_1, as row `to` of the desk.
    static void split_row(const Layer<float>& layer, const Pixels& source, Index pair, Index row,
                          const Desk& desk, Index to) {
        const Index start = pair * FEATURES;
        const Index length = smaller(FEATURES, padded<float>(source.inputs) - start);
        const float* W = layer.W + row * layer.stride + start;
        const float *scale = source.scale + start, *offset = source.offset + start;
        const auto scaled = [&](Index j) { return load(W + j) * load(scale + j); };
        Largest largest;
        desk.constants[to] = sum_of<float>(length, [&](Index j) {
            largest.see(j / LANES<float>, scaled(j));
            return load(W + j) * load(offset + j);
        });
        desk.units[to] = split(length, largest.found(), scaled, desk.digits + to * ROW, FEATURES);
    }

    // Multiplies a pair of blocks of all samples by the `count` rows of the desk.
    static void multiply_rows(const Pixels& source, const std::int64_t* batch, Index n, Index pair,
                              const Desk& desk, Index count, float* out, Index ld) {
        const Index start = pair * FEATURES, length = smaller(FEATURES, source.inputs - start);
        const std::int8_t* const digits = desk.digits;
        const float *const units = desk.units, *const constants = desk.constants;
        in_parts<DIGIT_COLUMNS>(0, n, [&](Index i, auto columns) {
            const std::uint8_t* x[columns.value];
            for (int c = 0; c < columns.value; ++c) x[c] = source.at(batch[i + c], start);
            in_parts<DIGIT_ROWS>(0, count, [=](Index row, auto tile) {
                const Wholes wholes = digit_dot_tile<tile.value, columns.value>(
                    digits + row * ROW, ROW, FEATURES, x, length);
                const Wholes sums = wholes * for_rows<tile.value>(units + row) +
                                    for_rows<tile.value>(constants + row);
                for (int r = 0; r < tile.value; ++r)
                    __builtin_memcpy(out + (row + r) * ld + i,
                                     reinterpret_cast<const float*>(&sums) + r * DIGIT_COLUMNS,
                                     columns.value * sizeof(float));
            });
        });
    }

    static bool fits(const Pixels& source) {
        float low = source.scale[0], high = low, far = 0;
        for (Index j = 0; j < source.inputs; ++j) {
            low = source.scale[j] < low ? source.scale[j] : low;
            high = source.scale[j] > high ? source.scale[j] : high;
            const float offset = source.offset[j];
            far = offset > far ? offset : -offset > far ? -offset : far;
        }
        return low > 0 && high <= WIDEST * low && far <= FARTHEST;
    }

    bool used_ = false;
};
#endif

} // namespace klayer::KLAYER_ISA
