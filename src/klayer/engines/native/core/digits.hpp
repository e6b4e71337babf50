// Numbers as three signed digits of base 256 and a unit: 23 bits beside the largest of them, where
// float32 has 24 beside each. One instruction multiplies 64 bytes by as many digits, and sums are
// whole numbers, exact in any order.
#pragma once

#include "vector.hpp"

namespace klayer::KLAYER_ISA {

constexpr int DIGIT_ROWS = 2;    // of a tile
constexpr int DIGIT_COLUMNS = 4; // samples of a tile of dot products, vectors of the others

#if defined(__AVX512VNNI__)
using Bytes = __m512i;
using Sums = Vec<std::int32_t>;

constexpr int DIGITS = 3;
constexpr Index WIDE = sizeof(Bytes); // bytes, or digits, in a vector
constexpr float LARGEST = 127 << 16;  // whole number that three digits hold
constexpr float SMALLEST = 1e-30f;    // number that is not taken for zero, where all are smaller

// Sums of four neighbours: to[i] + Σ_k bytes[4i + k] digits[4i + k].
INLINE Sums add_products(Sums to, Bytes bytes, Bytes digits) {
    return (Sums)_mm512_dpbusd_epi32((__m512i)to, bytes, digits);
}

INLINE Bytes load_bytes(const void* from) { return _mm512_loadu_si512(from); }

// The first `count` bytes, at most a vector, and zeros.
INLINE Bytes load_bytes(const void* from, Index count) {
    const __mmask64 mask = count >= WIDE ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
    return _mm512_maskz_loadu_epi8(mask, from);
}

// x · factor + sum, of which two are products: it is settled which of them is rounded first.
INLINE Vec<float> fused(Vec<float> x, float factor, Vec<float> sum) {
    return (Vec<float>)_mm512_fmadd_ps((__m512)x, _mm512_set1_ps(factor), (__m512)sum);
}

// A vector of whole numbers as their digits, four of a kind side by side in each quarter.
INLINE Bytes digits_of(Vec<float> numbers) {
    const __m512i carry = _mm512_set1_epi32(0x808080);
    const __m512i whole = _mm512_cvtps_epi32((__m512)numbers);
    const __m512i kinds = _mm512_set4_epi32(0x0f0b0703, 0x0e0a0602, 0x0d090501, 0x0c080400);
    return _mm512_shuffle_epi8(_mm512_xor_si512(_mm512_add_epi32(whole, carry), carry), kinds);
}

// Turns a square of 4 × 4 whole numbers, each of a vector's quarters being a row of it.
INLINE Bytes turn_quarters(Bytes rows) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, rows);
}

// Finds the size of the largest of some numbers, whole vectors of them at a time.
class Largest {
  public:
    INLINE void see(Index vector, Vec<float> numbers) {
        __m512& so_far = sizes_[vector % PARTS];
        so_far = _mm512_max_ps(_mm512_abs_ps((__m512)numbers), so_far);
    }
    INLINE float found() const {
        return _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(sizes_[0], sizes_[1]),
                                                  _mm512_max_ps(sizes_[2], sizes_[3])));
    }

  private:
    static constexpr Index PARTS = 4;
    __m512 sizes_[PARTS] = {};
};

// Splits `length` numbers, whole vectors of them that at(j) gives, into their digits and a unit,
// which is returned; `largest` is theirs. Those of one kind are `stride` from the next, and zeros
// fill the last vector.
template <class At>
INLINE float split(Index length, float largest, At&& at, std::int8_t* to, Index stride) {
    constexpr int each = LANES<float>;
    const float factor = largest > SMALLEST ? LARGEST / largest : 0;
    for (Index j = 0; j < length; j += WIDE, to += WIDE) {
        __m512i four[4];
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k)
            four[k] = j + k * each < length ? digits_of(at(j + k * each) * factor)
                                            : _mm512_setzero_si512();
        const __m512i low = _mm512_unpacklo_epi32(four[0], four[1]);
        const __m512i low2 = _mm512_unpacklo_epi32(four[2], four[3]);
        const __m512i high = _mm512_unpackhi_epi32(four[0], four[1]);
        const __m512i high2 = _mm512_unpackhi_epi32(four[2], four[3]);
        const __m512i kinds[DIGITS] = {_mm512_unpacklo_epi64(low, low2),
                                       _mm512_unpackhi_epi64(low, low2),
                                       _mm512_unpacklo_epi64(high, high2)};
#pragma GCC unroll 4
        for (int d = 0; d < DIGITS; ++d)
            _mm512_storeu_si512(to + d * stride, turn_quarters(kinds[d]));
    }
    return largest > SMALLEST ? largest / LARGEST : 0;
}

// Interleaves four rows of bytes: the four of a column side by side, column after column.
INLINE void interleave(const Bytes* rows, std::uint8_t* to) {
    Bytes turned[4];
    for (int k = 0; k < 4; ++k) turned[k] = turn_quarters(rows[k]);
    const Bytes low = _mm512_unpacklo_epi8(turned[0], turned[1]);
    const Bytes low2 = _mm512_unpacklo_epi8(turned[2], turned[3]);
    const Bytes high = _mm512_unpackhi_epi8(turned[0], turned[1]);
    const Bytes high2 = _mm512_unpackhi_epi8(turned[2], turned[3]);
    _mm512_storeu_si512(to, _mm512_unpacklo_epi16(low, low2));
    _mm512_storeu_si512(to + WIDE, _mm512_unpackhi_epi16(low, low2));
    _mm512_storeu_si512(to + 2 * WIDE, _mm512_unpacklo_epi16(high, high2));
    _mm512_storeu_si512(to + 3 * WIDE, _mm512_unpackhi_epi16(high, high2));
}

constexpr int TILE = DIGIT_ROWS * DIGIT_COLUMNS; // dot products of a tile

// The sums of four vectors' lanes, a part of each in every quarter.
INLINE Sums add_in_quarters(const Sums* from) {
    const auto pair = [](Sums a, Sums b) {
        return (Sums)_mm512_unpacklo_epi32((__m512i)a, (__m512i)b) +
               (Sums)_mm512_unpackhi_epi32((__m512i)a, (__m512i)b);
    };
    const __m512i low = (__m512i)pair(from[0], from[1]), high = (__m512i)pair(from[2], from[3]);
    return (Sums)_mm512_unpacklo_epi64(low, high) + (Sums)_mm512_unpackhi_epi64(low, high);
}

// Adds neighbouring quarters: those of a, then those of b.
INLINE Sums add_quarters(Sums a, Sums b) {
    return (Sums)_mm512_shuffle_i32x4((__m512i)a, (__m512i)b, 0x88) +
           (Sums)_mm512_shuffle_i32x4((__m512i)a, (__m512i)b, 0xdd);
}

// The whole numbers of a tile, from the sums of their digits.
using Wholes = __m256;
INLINE Wholes whole_numbers(const Sums (&sums)[DIGITS][TILE]) {
    Sums halves[DIGITS + 1] = {};
#pragma GCC unroll 4
    for (int d = 0; d < DIGITS; ++d)
        halves[d] = add_quarters(add_in_quarters(sums[d]), add_in_quarters(sums[d] + 4));
    const __m512 low = _mm512_cvtepi32_ps((__m512i)add_quarters(halves[0], halves[1]));
    const __m512 high = _mm512_cvtepi32_ps((__m512i)add_quarters(halves[2], halves[2]));
    const __m256 base = _mm256_set1_ps(256);
    return _mm256_fmadd_ps(_mm256_fmadd_ps(_mm512_castps512_ps256(high), base,
                                           _mm512_extractf32x8_ps(low, 1)),
                           base, _mm512_castps512_ps256(low));
}

// A number for each row of a tile.
template <int R> INLINE Wholes for_rows(const float* numbers) {
    return _mm256_set_m128(_mm_set1_ps(numbers[R - 1]), _mm_set1_ps(numbers[0]));
}

// Returns Σ_j w[r, j] x[c][j], a whole number, as number r · DIGIT_COLUMNS + c; rows of digits are
// `row` apart, kinds of them `kind`.
template <int R, int C>
INLINE Wholes digit_dot_tile(const std::int8_t* w, Index row, Index kind,
                             const std::uint8_t* const* x, Index length) {
    Sums sums[DIGITS][TILE] = {};
    const auto add = [&](Index j, auto&& load_row) {
        Bytes bytes[C];
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) {
            bytes[c] = load_row(x[c] + j);
            asm("" : "+v"(bytes[c]));
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int d = 0; d < DIGITS; ++d) {
                Bytes digits = load_bytes(w + r * row + d * kind + j);
                asm("" : "+v"(digits));
#pragma GCC unroll 8
                for (int c = 0; c < C; ++c) {
                    Sums& sum = sums[d][r * DIGIT_COLUMNS + c];
                    sum = add_products(sum, bytes[c], digits);
                }
            }
    };
    Index j = 0;
    for (; j + WIDE <= length; j += WIDE)
        add(j, [](const void* from) { return load_bytes(from); });
    if (j < length) add(j, [&](const void* from) { return load_bytes(from, length - j); });
    return whole_numbers(sums);
}

// Calls finish(r, v, Σ_i g[r, i] x[i, v]) for V vectors v of columns; four rows of x lie interleaved.
template <int R, int V, class Finish>
INLINE void digit_outer_tile(const std::int8_t* g, Index row, Index kind, const std::uint8_t* x,
                             Index fours, Finish&& finish) {
    Sums sums[R][V][DIGITS] = {};
    for (Index four = 0; four < fours; ++four, g += 4, x += 4 * WIDE) {
        Bytes bytes[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) bytes[v] = load_bytes(x + v * WIDE);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int d = 0; d < DIGITS; ++d) {
                std::int32_t packed;
                __builtin_memcpy(&packed, g + r * row + d * kind, sizeof packed);
                Bytes digits = _mm512_set1_epi32(packed);
                asm("" : "+v"(digits));
#pragma GCC unroll 8
                for (int v = 0; v < V; ++v)
                    sums[r][v][d] = add_products(sums[r][v][d], bytes[v], digits);
            }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            Vec<float> whole = __builtin_convertvector(sums[r][v][DIGITS - 1], Vec<float>);
#pragma GCC unroll 8
            for (int d = DIGITS - 2; d >= 0; --d)
                whole = whole * 256.0f + __builtin_convertvector(sums[r][v][d], Vec<float>);
            finish(r, v, whole);
        }
}
#endif

} // namespace klayer::KLAYER_ISA
