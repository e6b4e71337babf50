// Gradient clipping, as klayer.updates has it: gradients are kept in the last slot until the whole
// norm of each network's is known. Sums are formed unit by unit, so that any thread may take any.
#pragma once

#include "layers.hpp"

namespace klayer::KLAYER_ISA {

// Calls f(unit, at, count, l) for the parameters of this member's share of a network's units, which
// are numbered through all layers: the row of W_l, and with l = 0 each of b, γ and β.
template <class T, class F>
void for_each_unit(const Parameters<T>& stack, Index network, const Crew& crew, F&& f) {
    for (Index l = 1, below = 0; l <= stack.depth; below += stack.layers[l++].width) {
        const Layer<T> layer = layer_of(stack, network, l);
        const Range mine = crew.share(layer.width);
        for (Index i = mine.begin; i < mine.end; ++i) {
            f(below + i, layer.W + i * layer.stride, layer.below, l);
            for (T* vector : {layer.b, layer.gamma, layer.beta})
                if (vector != nullptr) f(below + i, vector + i, 1, 0);
        }
    }
}

template <class T> Index units_of(const Parameters<T>& stack) {
    Index units = 0;
    for (Index l = 1; l <= stack.depth; ++l) units += stack.layers[l].width;
    return units;
}

// Writes the sum of squares of each unit's gradient, a member's share of (units,).
template <class T>
void measure(const Parameters<T>& stack, Index network, const Crew& crew, double* squares) {
    for_each_unit(stack, network, crew, [&](Index unit, const T* at, Index count, Index l) {
        const double own = squares_of(at + stack.slots * stack.distance, count);
        squares[unit] = l > 0 ? own : squares[unit] + own;
    });
}

// Descends along a member's share of the gradient, shortened to a norm of at most `longest`.
template <class T, class Rule>
void descend_clipped(const Parameters<T>& stack, Index network, const Crew& crew,
                     const double* squares, double longest, const Rule& rule) {
    double total = 0;
    for (Index unit = 0; unit < units_of(stack); ++unit) total += squares[unit];
    const double norm = __builtin_sqrt(total); // what is not a number stays so
    const T factor = static_cast<T>(norm <= longest ? 1 : longest / norm);
    for_each_unit(stack, network, crew, [&](Index, T* at, Index count, Index l) {
        const T* gradient = at + stack.slots * stack.distance;
        if (l == 0) return rule.number(at, factor * *gradient);
        for (Index i = 0; i < count; i += LANES<T>)
            rule.weights(at + i, factor * load(gradient + i));
    });
}

} // namespace klayer::KLAYER_ISA
