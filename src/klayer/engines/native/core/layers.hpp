// The layers of one network on feature-major rows, padded to whole vectors: affine, batch
// normalisation, ReLU, softmax cross-entropy. What lies in the padding of a gradient is zero;
// elsewhere it is the network's own and never used.
#pragma once

#include "kernels.hpp"
#include "parameters.hpp"
#include "team.hpp"

namespace klayer::KLAYER_ISA {

inline float logarithm(float x) { return __builtin_logf(x); }
inline double logarithm(double x) { return __builtin_log(x); }

// S = W H + b for some units and vectors of samples.
template <class T>
void affine(const Layer<T>& layer, Range units, Range vectors, const T* H, T* S, Index ld) {
    outer(units.begin, units.end, vectors.begin, vectors.end, layer.W, layer.stride, 1, H, ld,
          layer.below, S, ld, [&](Index i) { return layer.b[i]; });
}

// The same for the first layer, from the partial sums of its features.
template <class T>
void add_blocks(const Layer<T>& layer, Range units, Range vectors, const T* partial, Index parts,
                Index part_stride, T* S, Index ld) {
    for (Index i = units.begin; i < units.end; ++i)
        for (Index at = i * ld + vectors.begin * LANES<T>; at < i * ld + vectors.end * LANES<T>;
             at += LANES<T>) {
            Vec<T> total = load(partial + at);
            for (Index part = 1; part < parts; ++part)
                total += load(partial + part * part_stride + at);
            store(S + at, total + layer.b[i]);
        }
}

// dH = Wᵀ dS for some units of the layer below.
template <class T>
void affine_back(const Layer<T>& layer, Range units, Index vectors, const T* dS, T* dH, Index ld) {
    outer(units.begin, units.end, 0, vectors, layer.W, 1, layer.stride, dS, ld, layer.width,
          dH, ld, [](Index) { return T(0); });
}

// Writes N sums totals[k] = Σ term(k, at) over the vectors of n samples, whose last is masked; each in
// four parts, so that an addition need not wait for the one before. At each place k ascends.
template <class T, int N, class Term> INLINE void sums_of(Index n, T* totals, Term&& term) {
    constexpr int PARTS = 4;
    Vec<T> parts[PARTS][N] = {}, sums[N];
    Index at = 0;
    for (; at + PARTS * LANES<T> <= n; at += PARTS * LANES<T>)
#pragma GCC unroll 4
        for (int part = 0; part < PARTS; ++part)
#pragma GCC unroll 8
            for (int k = 0; k < N; ++k) parts[part][k] += term(k, at + part * LANES<T>);
    for (; at + LANES<T> <= n; at += LANES<T>)
#pragma GCC unroll 8
        for (int k = 0; k < N; ++k) parts[0][k] += term(k, at);
    if (at < n)
#pragma GCC unroll 8
        for (int k = 0; k < N; ++k) parts[1][k] += first<T>(n - at, term(k, at));
#pragma GCC unroll 8
    for (int k = 0; k < N; ++k) sums[k] = (parts[0][k] + parts[1][k]) + (parts[2][k] + parts[3][k]);
    T found[padded<T>(N)];
    add_lanes<T, N>(sums, found);
#pragma GCC unroll 8
    for (int k = 0; k < N; ++k) totals[k] = found[place_of<T>(k)];
}

template <class T, class Term> INLINE T sum_of(Index n, Term&& term) {
    T total;
    sums_of<T, 1>(n, &total, [&](int, Index at) { return term(at); });
    return total;
}

// Σ x² of some numbers, in float64.
template <class T> double squares_of(const T* at, Index count) {
    const Index whole = count / LANES<double> * LANES<double>;
    double total = sum_of<double>(whole, [&](Index i) {
        const Vec<double> x = load_as<double>(at + i);
        return x * x;
    });
    for (Index i = whole; i < count; ++i) total += static_cast<double>(at[i]) * at[i];
    return total;
}

// Calls f(at, real) for the vectors of n samples, where real(x) is x with zeros in the padding.
template <class T, class F> INLINE void in_vectors(Index n, F&& f) {
    Index at = 0;
    for (; at + LANES<T> <= n; at += LANES<T>) f(at, [](Vec<T> x) { return x; });
    if (at < n) f(at, [&](Vec<T> x) { return first<T>(n - at, x); });
}

constexpr int TOGETHER = 4; // rows whose sums are formed side by side: one would wait for itself

// Writes the sums of R rows that lie `ld` numbers apart.
template <int R, class T> INLINE void row_sums(const T* rows, Index ld, Index n, T* totals) {
    sums_of<T, R>(n, totals, [&](int r, Index at) { return load(rows + r * ld + at); });
}

// max(0, x); what is not a number stays so.
template <class T> INLINE Vec<T> positive(Vec<T> x) {
    return x * (x > 0 ? splat(T(1)) : Vec<T>{});
}

// The gradient of what became H, which is 0 where nothing passed.
template <class T> INLINE Vec<T> positive_back(Vec<T> dH, Vec<T> H, T kept) {
    return dH * (H > 0 ? splat(kept) : Vec<T>{});
}

// Normalises R rows of S by their own mean and variance: writes Ŝ, H = max(0, γ Ŝ + β) over S and
// 1/√(v + ε), and moves the moving statistics.
template <int R, class T>
INLINE void batch_norm(const Layer<T>& layer, Index unit, Index n, T epsilon, T decay, T* S, T* S_hat,
                       Index ld, T* inverse) {
    T means[R], variances[R];
    row_sums<R>(S, ld, n, means);
    for (int r = 0; r < R; ++r) means[r] /= static_cast<T>(n);
    sums_of<T, R>(n, variances, [&](int r, Index at) {
        const Vec<T> centred = load(S + r * ld + at) - means[r];
        return centred * centred;
    });
    for (int r = 0; r < R; ++r) {
        variances[r] /= static_cast<T>(n);
        inverse[r] = 1 / square_root(variances[r] + epsilon);
        T& mean = layer.mean[unit + r];
        T& variance = layer.variance[unit + r];
        mean += (1 - decay) * (means[r] - mean); // one product, which all copies round alike
        variance += (1 - decay) * (variances[r] - variance);
    }
    for (int r = 0; r < R; ++r, S += ld, S_hat += ld) {
        const T mean = means[r], scale = inverse[r];
        const T gamma = layer.gamma[unit + r], beta = layer.beta[unit + r];
        in_vectors<T>(n, [&](Index at, auto&& real) {
            const Vec<T> normal = real((load(S + at) - mean) * scale);
            store(S_hat + at, normal);
            store(S + at, positive<T>(gamma * normal + beta));
        });
    }
}

// The same of one row by the moving statistics, for evaluation: H over S alone.
template <class T> void normalise(const Layer<T>& layer, Index unit, Index n, T epsilon, T* S) {
    const T inverse = 1 / square_root(layer.variance[unit] + epsilon);
    for (Index at = 0; at < n; at += LANES<T>) {
        const Vec<T> normal = (load(S + at) - layer.mean[unit]) * inverse;
        store(S + at, positive<T>(layer.gamma[unit] * normal + layer.beta[unit]));
    }
}

// Back through dropout, ReLU and batch normalisation: dS over dH in R rows; descends along γ, β and
// the biases. Dropout multiplied by `kept` what it kept; what it dropped is 0 in H.
template <int R, class T, class Rule>
INLINE void batch_norm_back(const Layer<T>& layer, Index unit, Index n, const T* inverse, T kept,
                            const T* H, const T* S_hat, T* dS, Index ld, const Rule& rule) {
    T sums[2 * R], dbiases[padded<T>(R)]; // of dβ and dγ, row by row
    sums_of<T, 2 * R>(n, sums, [&](int k, Index at) {
        const Index place = k / 2 * ld + at;
        if (k % 2 == 1) return load(dS + place) * load(S_hat + place);
        const Vec<T> dbeta = positive_back<T>(load(dS + place), load(H + place), kept);
        store(dS + place, dbeta);
        return dbeta;
    });
    Vec<T> totals[R] = {};
    for (int r = 0; r < R; ++r) {
        const T dbeta = sums[2 * r], dgamma = sums[2 * r + 1];
        const T scale = layer.gamma[unit + r] * inverse[r];
        const T of_mean = dbeta / static_cast<T>(n), of_variance = dgamma / static_cast<T>(n);
        in_vectors<T>(n, [&](Index at, auto&& real) {
            T* to = dS + r * ld + at;
            const Vec<T> found =
                real(scale * (load(to) - of_mean - load(S_hat + r * ld + at) * of_variance));
            store(to, found);
            totals[r] += found;
        });
        rule.number(layer.gamma + unit + r, dgamma);
        rule.number(layer.beta + unit + r, dbeta);
    }
    add_lanes<T, R>(totals, dbiases);
    for (int r = 0; r < R; ++r) rule.number(layer.b + unit + r, dbiases[place_of<T>(r)]);
}

// H = max(0, S) over S.
template <class T> void relu(Index n, T* S) {
    for (Index at = 0; at < n; at += LANES<T>) store(S + at, positive<T>(load(S + at)));
}

// The same without batch normalisation: dS over dH in one row.
template <class T> void relu_back(Index n, T kept, const T* H, T* dH) {
    for (Index at = 0; at < n; at += LANES<T>)
        store(dH + at, positive_back<T>(load(dH + at), load(H + at), kept));
}

// The labels of a batch: y (n,), their weights (n,) or null, and α of label smoothing.
template <class T> struct Labels {
    const std::int64_t* y;
    const T* weights;
    T smoothing;
    Index n;

    // What each of some samples counts in the mean, 0 in the padding.
    Vec<T> shares(Index at) const {
        const T share = 1 / static_cast<T>(n);
        if (weights == nullptr) return first<T>(n - at, splat(share));
        Vec<T> found = {};
        for (Index i = at; i < smaller(at + LANES<T>, n); ++i) found[i - at] = weights[i] * share;
        return found;
    }
};

// Of some vectors of samples, writes w_i (log Σ exp S − (1 − α) S[y_i, i] − α mean S) into `losses`,
// S less its largest class over S, exp of that into E, and Σ E into `totals` for the way back.
template <class T>
void cross_entropy(Index classes, Range vectors, const Labels<T>& labels, T* S, T* E, T* totals,
                   T* losses, Index ld) {
    const T alpha = labels.smoothing;
    for (Index at = vectors.begin * LANES<T>; at < vectors.end * LANES<T>; at += LANES<T>) {
        Vec<T> largest = load(S + at);
        for (Index c = 1; c < classes; ++c) {
            const Vec<T> logit = load(S + c * ld + at);
            largest = logit > largest ? logit : largest;
        }
        Vec<T> total = {}, all = {};
        for (Index c = 0; c < classes; ++c) {
            const Vec<T> shifted = load(S + c * ld + at) - largest;
            all += shifted;
            const Vec<T> power = exponential<T>(shifted);
            store(S + c * ld + at, shifted);
            store(E + c * ld + at, power);
            total += power;
        }
        store(totals + at, total);
        for (Index i = at; i < smaller(at + LANES<T>, labels.n); ++i) {
            T target = S[labels.y[i] * ld + i];
            if (alpha != 0)
                target = (1 - alpha) * target + alpha * (all[i - at] / static_cast<T>(classes));
            losses[i] = logarithm(totals[i]) - target;
            if (labels.weights != nullptr) losses[i] *= labels.weights[i];
        }
    }
}

// dS = w (E/ΣE − T)/n over E, T = (1 − α) Y + α/K.
template <class T>
void softmax_back(Index classes, Range vectors, const Labels<T>& labels, const T* totals, T* E,
                  Index ld) {
    const T spread = labels.smoothing / static_cast<T>(classes);
    for (Index at = vectors.begin * LANES<T>; at < vectors.end * LANES<T>; at += LANES<T>) {
        const Vec<T> inverse = T(1) / load(totals + at), shares = labels.shares(at);
        for (Index c = 0; c < classes; ++c)
            store(E + c * ld + at, first<T>(labels.n - at, load(E + c * ld + at) * inverse));
        for (Index i = at; i < smaller(at + LANES<T>, labels.n); ++i)
            E[labels.y[i] * ld + i] -= 1 - labels.smoothing;
        for (Index c = 0; c < classes; ++c)
            store(E + c * ld + at, (load(E + c * ld + at) - spread) * shares);
    }
}

} // namespace klayer::KLAYER_ISA
