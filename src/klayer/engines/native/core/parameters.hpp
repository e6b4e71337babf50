// A stack seen as its networks that are computed: where each parameter lies, and the first layer's
// weights on padded rows of their own, as the kernels want them.
#pragma once

#include "memory.hpp"
#include "vector.hpp"

namespace klayer::KLAYER_ISA {

template <class T> T* take(Memory& memory, Index count) {
    return static_cast<T*>(memory.take(count * static_cast<Index>(sizeof(T))));
}

// An affine layer of a whole stack, and the batch normalisation after it (null where there is none).
template <class T> struct Layer {
    Index width, below, stride; // units, those below, numbers from one's weights to the next's
    T *W, *b, *gamma, *beta, *mean, *variance;
};

// Positions in the stack of the networks that are computed.
struct Chosen {
    Index* positions;
    Index count = 0;

    Chosen(const Stack& stack, bool only_active, Memory& memory)
        : positions(take<Index>(memory, stack.networks)) {
        for (Index p = 0; p < stack.networks; ++p)
            if (!only_active || stack.active[p]) positions[count++] = p;
    }
};

// Some networks of a stack, at most so many, to be computed side by side.
template <class T> struct Parameters {
    const Index* positions = nullptr; // of each of them in the stack
    Index networks, depth;
    Layer<T>* layers; // layers[l] for l = 1 … k
    T epsilon;
    T* W1; // (networks · m_1, stride), padded by zeros
    Index rows, stride;
    Index slots, slot_distance, W1_distance;
    Index* network_of; // of each row of W_1

    Parameters(const Stack& stack, Index most, Index slots, Memory& memory)
        : networks(most), depth(stack.depth), epsilon(static_cast<T>(stack.epsilon)), slots(slots),
          slot_distance(stack.slot_size) {
        layers = take<Layer<T>>(memory, depth + 1);
        T* theta = static_cast<T*>(stack.theta);
        T* moving = static_cast<T*>(stack.moving);
        for (Index l = 1; l <= depth; ++l) {
            Layer<T>& layer = layers[l];
            layer.width = stack.widths[l];
            layer.below = layer.stride = stack.widths[l - 1];
            const Index all = stack.networks * layer.width;
            layer.W = advance(theta, all * layer.below);
            layer.b = advance(theta, all);
            if (!stack.batch_norm || l == depth) continue;
            layer.gamma = advance(theta, all);
            layer.beta = advance(theta, all);
            layer.mean = advance(moving, all);
            layer.variance = advance(moving, all);
        }
        rows = networks * layers[1].width;
        stride = padded<T>(layers[1].below) + LANES<T>; // rows must not lie 4 KiB apart
        W1_distance = rows * stride;
        W1 = take<T>(memory, (1 + slots) * W1_distance);
        network_of = take<Index>(memory, rows);
        for (Index row = 0; row < rows; ++row) network_of[row] = row / layers[1].width;
    }

    // In numbers, from W_1 (l = 1) or another parameter to what a rule remembers of it.
    Index distance(Index l) const { return l == 1 ? W1_distance : slot_distance; }

    // Takes up other networks, `count` of them.
    void take_up(const Index* their_positions, Index count) {
        positions = their_positions;
        networks = count;
        rows = networks * layers[1].width;
        for_each_row([](T* padded, T* own, std::size_t bytes) {
            __builtin_memcpy(padded, own, bytes);
        });
    }

    void write_back() const {
        for_each_row([](T* padded, T* own, std::size_t bytes) {
            __builtin_memcpy(own, padded, bytes);
        });
    }

  private:
    // Calls f with every row of W_1 and of its slots, as it is padded and where it belongs.
    template <class F> void for_each_row(F&& f) const {
        const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(layers[1].below);
        for (Index slot = 0; slot <= slots; ++slot)
            for (Index row = 0; row < rows; ++row)
                f(W1 + slot * W1_distance + row * stride,
                  first_weights(row) + slot * slot_distance, bytes);
    }
    static T* advance(T*& buffer, Index count) {
        T* begin = buffer;
        buffer += count;
        return begin;
    }
    T* first_weights(Index row) const {
        const Layer<T>& layer = layers[1];
        const Index network = positions[network_of[row]];
        return layer.W + (network * layer.width + row % layer.width) * layer.below;
    }
};

// One network's part of a layer.
template <class T> Layer<T> layer_of(const Parameters<T>& stack, Index network, Index l) {
    Layer<T> layer = stack.layers[l];
    const Index p = stack.positions[network];
    layer.W += p * layer.width * layer.below;
    if (l == 1) {
        layer.W = stack.W1 + network * layer.width * stack.stride;
        layer.stride = stack.stride;
    }
    for (T** vector : {&layer.b, &layer.gamma, &layer.beta, &layer.mean, &layer.variance})
        if (*vector != nullptr) *vector += p * layer.width;
    return layer;
}

} // namespace klayer::KLAYER_ISA
