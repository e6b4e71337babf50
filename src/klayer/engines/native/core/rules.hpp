// Update rules: how one number, or a vector of them, goes down its gradient. Gradient descent so
// far; a rule that remembers takes its slots' numbers beside theta's.
#pragma once

#include "vector.hpp"

namespace klayer::KLAYER_ISA {

template <class T> struct GradientDescent {
    T rate, twice_lam;

    // θ − η dθ, for parameters without penalty
    template <class V> INLINE V operator()(V theta, V gradient) const {
        return theta - rate * gradient;
    }
    // the same for weights: dW + 2λW is the gradient
    template <class V> INLINE V weight(V W, V gradient) const {
        return W - rate * (gradient + twice_lam * W);
    }
};

// Descends with `count` weights in a row.
template <class T, class Rule>
void descend_along(T* W, const T* gradient, Index count, const Rule& rule) {
    Index i = 0;
    for (; i + LANES<T> <= count; i += LANES<T>)
        store(W + i, rule.weight(load(W + i), load(gradient + i)));
    for (; i < count; ++i) W[i] = rule.weight(W[i], gradient[i]);
}

} // namespace klayer::KLAYER_ISA
