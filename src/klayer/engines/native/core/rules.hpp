// Update rules: how one number, or a vector of them, goes down its gradient, as klayer.updates has
// it. What a rule remembers of a number lies a fixed distance behind it.
#pragma once

#include "vector.hpp"

namespace klayer::KLAYER_ISA {

// θ − η dθ; dW + 2λW is the gradient of weights.
template <class T> struct GradientDescent {
    T rate, twice_lam;

    // b, γ or β
    INLINE void number(T* theta, T gradient) const { *theta -= rate * gradient; }
    // a vector of weights
    INLINE void weights(T* at, Vec<T> gradient) const {
        const Vec<T> W = load(at);
        store(at, W - rate * (gradient + twice_lam * W));
    }
};

// Momentum, Nesterov's and AdamW, or no step yet: the gradient is kept in the slot. Out of line: in
// copies, which a compiler may round otherwise each, bits would depend on who calls.
template <class T> struct Remembering {
    Update::Kind kind;
    Index distance; // in numbers, from θ to its first slot and from there to the second
    T rate, twice_lam, beta1, beta2, epsilon, weight_decay;
    T less1, less2;       // 1 − β₁ and 1 − β₂
    T enlarge1, enlarge2; // 1/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ)

    Remembering() = default;
    Remembering(const Update& update, Index step, T rate, T twice_lam, Index distance)
        : kind(update.kind), distance(distance), rate(rate), twice_lam(twice_lam),
          beta1(static_cast<T>(update.beta1)), beta2(static_cast<T>(update.beta2)),
          epsilon(static_cast<T>(update.epsilon)),
          weight_decay(static_cast<T>(update.weight_decay)),
          less1(static_cast<T>(1 - update.beta1)), less2(static_cast<T>(1 - update.beta2)) {
        const double t = static_cast<double>(step + 1);
        enlarge1 = static_cast<T>(1 / (1 - __builtin_pow(update.beta1, t)));
        enlarge2 = static_cast<T>(1 / __builtin_sqrt(1 - __builtin_pow(update.beta2, t)));
    }

    [[gnu::noinline]] void number(T* theta, T gradient) const {
        part<1>(theta, splat(gradient), false);
    }
    [[gnu::noinline]] void weights(T* W, Vec<T> gradient) const {
        part<LANES<T>>(W, gradient, true);
    }

  private:
    template <int COUNT> INLINE void part(T* at, Vec<T> gradient, bool weight) const {
        constexpr std::size_t bytes = COUNT * sizeof(T);
        Vec<T> theta = {}, mean = {}, square = {}, change;
        __builtin_memcpy(&theta, at, bytes);
        __builtin_memcpy(&mean, at + distance, bytes);
        if (weight) gradient += twice_lam * theta;
        if (kind == Update::keep) {
            __builtin_memcpy(at + distance, &gradient, bytes);
            return;
        }
        if (kind == Update::adamw) {
            __builtin_memcpy(&square, at + 2 * distance, bytes);
            mean = beta1 * mean + less1 * gradient;
            square = beta2 * square + less2 * gradient * gradient;
            change = (mean * enlarge1) / (square_roots<T>(square) * enlarge2 + epsilon);
            if (weight) change += weight_decay * theta;
            __builtin_memcpy(at + 2 * distance, &square, bytes);
        } else { // the mean is their velocity
            mean = beta1 * mean + gradient;
            change = kind == Update::nesterov ? gradient + beta1 * mean : mean;
        }
        theta -= rate * change;
        __builtin_memcpy(at + distance, &mean, bytes);
        __builtin_memcpy(at, &theta, bytes);
    }
};

} // namespace klayer::KLAYER_ISA
