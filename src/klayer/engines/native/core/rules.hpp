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

} // namespace klayer::KLAYER_ISA
