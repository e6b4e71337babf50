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

// Σ term(at) over the vectors of n samples, whose last is masked; in four parts, so that an addition
// need not wait for the one before.
template <class T, class Term> INLINE T sum_of(Index n, Term&& term) {
    constexpr int parts = 4;
    Vec<T> totals[parts] = {};
    Index at = 0;
    for (; at + parts * LANES<T> <= n; at += parts * LANES<T>)
#pragma GCC unroll 4
        for (int k = 0; k < parts; ++k) totals[k] += term(at + k * LANES<T>);
    for (; at + LANES<T> <= n; at += LANES<T>) totals[0] += term(at);
    if (at < n) totals[1] += first<T>(n - at, term(at));
    return sum<T>((totals[0] + totals[1]) + (totals[2] + totals[3]));
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

template <class T> T row_sum(const T* row, Index n) {
    return sum_of<T>(n, [&](Index at) { return load(row + at); });
}

// Normalises a row of S by its own mean and variance: writes Ŝ, and H = max(0, γ Ŝ + β) over S;
// returns 1/√(v + ε) and moves the moving statistics.
template <class T>
T batch_norm(const Layer<T>& layer, Index unit, Index n, T epsilon, T decay, T* S, T* S_hat) {
    const T mean = row_sum(S, n) / static_cast<T>(n);
    const T variance = sum_of<T>(n, [&](Index at) {
        const Vec<T> centred = load(S + at) - mean;
        return centred * centred;
    }) / static_cast<T>(n);
    const T inverse = 1 / square_root(variance + epsilon);
    for (Index at = 0; at < n; at += LANES<T>) {
        const Vec<T> normal = first<T>(n - at, (load(S + at) - mean) * inverse);
        store(S_hat + at, normal);
        store(S + at, layer.gamma[unit] * normal + layer.beta[unit]);
    }
    layer.mean[unit] = decay * layer.mean[unit] + (1 - decay) * mean;
    layer.variance[unit] = decay * layer.variance[unit] + (1 - decay) * variance;
    return inverse;
}

// Normalises a row by the moving statistics, for evaluation.
template <class T> void normalise(const Layer<T>& layer, Index unit, Index n, T epsilon, T* S) {
    const T inverse = 1 / square_root(layer.variance[unit] + epsilon);
    for (Index at = 0; at < n; at += LANES<T>) {
        const Vec<T> normal = (load(S + at) - layer.mean[unit]) * inverse;
        store(S + at, layer.gamma[unit] * normal + layer.beta[unit]);
    }
}

// dS over dS̃ in a row; descends along γ and β.
template <class T, class Rule>
void batch_norm_back(const Layer<T>& layer, Index unit, Index n, T inverse, const T* S_hat, T* dS,
                     const Rule& rule) {
    const T dbeta = row_sum(dS, n);
    const T dgamma = sum_of<T>(n, [&](Index at) { return load(dS + at) * load(S_hat + at); });
    const T scale = layer.gamma[unit] * inverse;
    const T of_mean = dbeta / static_cast<T>(n), of_variance = dgamma / static_cast<T>(n);
    for (Index at = 0; at < n; at += LANES<T>)
        store(dS + at, first<T>(n - at, scale * (load(dS + at) - of_mean -
                                              load(S_hat + at) * of_variance)));
    rule.number(layer.gamma + unit, dgamma);
    rule.number(layer.beta + unit, dbeta);
}

// H = S where S > 0, else 0; what is not a number stays so.
template <class T> void relu(Index n, T* S) {
    for (Index at = 0; at < n; at += LANES<T>) {
        const Vec<T> value = load(S + at);
        store(S + at, value * (value > 0 ? splat(T(1)) : Vec<T>{}));
    }
}

// `scale` is what dropout multiplies by what it keeps; what it dropped is 0 in H.
template <class T> void relu_back(Index n, T scale, const T* H, T* dH) {
    for (Index at = 0; at < n; at += LANES<T>)
        store(dH + at, load(dH + at) * (load(H + at) > 0 ? splat(scale) : Vec<T>{}));
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
