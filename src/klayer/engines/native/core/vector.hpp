// Vectors of T as wide as this build's registers, in the compiler's own vector types, and the few
// things that the kernels do with them. A sum's order never depends on anything but its length.
#pragma once

#include <type_traits>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "job.hpp"

#define INLINE [[gnu::always_inline]] inline

namespace klayer::KLAYER_ISA {

#if defined(__AVX512F__)
constexpr int REGISTER_BYTES = 64, REGISTERS = 32;
#elif defined(__AVX2__)
constexpr int REGISTER_BYTES = 32, REGISTERS = 16;
#elif defined(__aarch64__)
constexpr int REGISTER_BYTES = 16, REGISTERS = 32;
#else
constexpr int REGISTER_BYTES = 16, REGISTERS = 16;
#endif

template <class T> constexpr int LANES = REGISTER_BYTES / static_cast<int>(sizeof(T));

template <class T> struct VectorOf {
    typedef T type __attribute__((vector_size(REGISTER_BYTES)));
};
template <class T> using Vec = typename VectorOf<T>::type;

// The whole number as wide as T, and where T's exponent lies in it.
template <class T> struct Bits;
template <> struct Bits<float> {
    using Int = std::int32_t;
    static constexpr int mantissa = 23, bias = 127, terms = 7;
    static constexpr float lowest = -87.0f, rounder = 0x1.8p23f;
    static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
};
template <> struct Bits<double> {
    using Int = std::int64_t;
    static constexpr int mantissa = 52, bias = 1023, terms = 13;
    static constexpr double lowest = -708.0, rounder = 0x1.8p52;
    static constexpr double ln2_high = 0x1.62e42fefa0000p-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
};

constexpr Index smaller(Index a, Index b) { return a < b ? a : b; }
constexpr Index larger(Index a, Index b) { return a > b ? a : b; }
constexpr Index parts_of(Index count, Index most) { return (count + most - 1) / most; }
template <class T> constexpr Index padded(Index count) {
    return parts_of(count, LANES<T>) * LANES<T>;
}

template <class T> INLINE Vec<T> load(const T* from) {
    Vec<T> vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
}

// The same, kept in a register: compilers prefer to load a vector again for each use of it, and
// loads are what tiles of dot products have least of.
template <class T> INLINE Vec<T> load_once(const T* from) {
    Vec<T> vector = load(from);
#if defined(__AVX512F__)
    asm("" : "+v"(vector));
#elif defined(__x86_64__)
    asm("" : "+x"(vector));
#endif
    return vector;
}

template <class T> INLINE void store(T* to, Vec<T> vector) {
    __builtin_memcpy(to, &vector, sizeof vector);
}

// Loads numbers of another type; bytes by the instructions that the compiler does not find.
template <class T, class X> INLINE Vec<T> load_as(const X* from) {
    if constexpr (std::is_same_v<X, T>) {
        return load(from);
#if defined(__AVX512F__)
    } else if constexpr (sizeof(X) == 1 && sizeof(T) == 4) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        return (Vec<T>)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
#elif defined(__AVX2__)
    } else if constexpr (sizeof(X) == 1 && sizeof(T) == 4) {
        const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
        return (Vec<T>)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
#endif
    } else {
        Vec<T> vector;
        for (int i = 0; i < LANES<T>; ++i) vector[i] = static_cast<T>(from[i]);
        return vector;
    }
}

template <class T> INLINE Vec<T> splat(T value) { return value - Vec<T>{}; }

// Keeps the first `count` lanes and clears the others.
template <class T> INLINE Vec<T> first(Index count, Vec<T> vector) {
    using Int = typename Bits<T>::Int;
    Vec<Int> lane;
    for (int i = 0; i < LANES<T>; ++i) lane[i] = i;
    const Int end = static_cast<Int>(smaller(count, LANES<T>));
    return lane < end ? vector : Vec<T>{};
}

// Adds the halves of segments 2q lanes long: those of a where bit q of a lane's number is clear,
// those of b where it is set.
template <class T, int q, int... lane>
INLINE Vec<T> fold(Vec<T> a, Vec<T> b, std::integer_sequence<int, lane...>) {
    constexpr int lanes = LANES<T>;
    return __builtin_shufflevector(a, b, (lane & q ? lanes + lane : lane)...) +
           __builtin_shufflevector(a, b, (lane & q ? lanes + lane - q : lane + q)...);
}

// Where add_lanes leaves the sum of vector i: the bits below `lanes` are reversed.
template <class T> constexpr int place_of(int i) {
    int reversed = 0;
    for (int bit = 1; bit < LANES<T>; bit *= 2) reversed = 2 * reversed + (i & bit ? 1 : 0);
    return i / LANES<T> * LANES<T> + reversed;
}

// Reduces N vectors to their N sums, in ⌈N/lanes⌉ vectors, all together: pairs of vectors are
// folded into one, halving the number of vectors and the length of their segments.
template <class T, int N, int q = LANES<T> / 2> INLINE void add_lanes(const Vec<T>* from, T* to) {
    constexpr int M = (N + 1) / 2;
    Vec<T> half[M];
#pragma GCC unroll 32
    for (int i = 0; i < M; ++i)
        half[i] = fold<T, q>(from[2 * i], 2 * i + 1 < N ? from[2 * i + 1] : Vec<T>{},
                             std::make_integer_sequence<int, LANES<T>>());
    if constexpr (q > 1) {
        add_lanes<T, M, q / 2>(half, to);
    } else {
#pragma GCC unroll 32
        for (int i = 0; i < M; ++i) store(to + i * LANES<T>, half[i]);
    }
}

// Exchanges the lanes of a where bit q of a lane's number is set for those of b where it is clear.
template <class T, int q, int... lane>
INLINE void exchange(Vec<T>& a, Vec<T>& b, std::integer_sequence<int, lane...>) {
    constexpr int lanes = LANES<T>;
    const Vec<T> low = __builtin_shufflevector(a, b, (lane & q ? lanes + lane - q : lane)...);
    b = __builtin_shufflevector(a, b, (lane & q ? lanes + lane : lane + q)...);
    a = low;
}

// Transposes a square of as many vectors as they have lanes.
template <class T, int q = LANES<T> / 2> INLINE void transpose(Vec<T>* rows) {
#pragma GCC unroll 16
    for (int i = 0; i < LANES<T>; ++i)
        if (!(i & q))
            exchange<T, q>(rows[i], rows[i + q], std::make_integer_sequence<int, LANES<T>>());
    if constexpr (q > 1) transpose<T, q / 2>(rows);
}

template <class T> INLINE T sum(Vec<T> vector) {
    T total[LANES<T>];
    add_lanes<T, 1>(&vector, total);
    return total[0];
}

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }
template <class T> INLINE Vec<T> square_roots(Vec<T> x) {
    for (int i = 0; i < LANES<T>; ++i) x[i] = square_root(x[i]);
    return x;
}

// exp(x) for x ≤ 0, to the last place or two; what is not a number stays so. x = k ln 2 + r, and
// exp(r) by its series.
template <class T> INLINE Vec<T> exponential(Vec<T> x) {
    using B = Bits<T>;
    using Int = typename B::Int;
    x = x < B::lowest ? splat(B::lowest) : x;
    const Vec<T> rounded = x * T(1.44269504088896340736) + B::rounder;
    const Vec<T> k = rounded - B::rounder;
    const Vec<T> r = (x - k * B::ln2_high) - k * B::ln2_low;
    T inverse_factorial[B::terms + 1] = {1};
    for (int i = 1; i <= B::terms; ++i) inverse_factorial[i] = inverse_factorial[i - 1] / T(i);
    Vec<T> series = splat(inverse_factorial[B::terms]);
#pragma GCC unroll 16
    for (int i = B::terms - 1; i >= 0; --i) series = series * r + inverse_factorial[i];
    Vec<Int> bits;
    __builtin_memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + B::bias) << B::mantissa;
    Vec<T> power;
    __builtin_memcpy(&power, &bits, sizeof power);
    return series * power;
}

// Calls f(begin, size) for the fewest parts of [begin, end) of at most MOST each, as even as can
// be; size is a compile-time constant.
template <int SIZE, class F> INLINE void with_size(Index size, F&& f) {
    if constexpr (SIZE == 1) {
        f(std::integral_constant<int, 1>());
    } else {
        if (size == SIZE)
            f(std::integral_constant<int, SIZE>());
        else
            with_size<SIZE - 1>(size, f);
    }
}
template <int MOST, class F> INLINE void in_parts(Index begin, Index end, F&& f) {
    const Index count = end - begin, parts = parts_of(count, MOST);
    for (Index part = 0; part < parts; ++part) {
        const Index from = begin + count * part / parts, to = begin + count * (part + 1) / parts;
        with_size<MOST>(to - from, [&](auto size) { f(from, size); });
    }
}

} // namespace klayer::KLAYER_ISA
