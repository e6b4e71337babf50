// A stack's networks that are computed, copied to where the kernels want them: rows of weights padded
// by zeros to whole vectors, what a rule remembers of a number a fixed distance behind it.
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
    T *W = nullptr, *b = nullptr, *gamma = nullptr, *beta = nullptr;
    T *mean = nullptr, *variance = nullptr;
};

// One network's part of a layer.
template <class T> Layer<T> part_of(Layer<T> layer, Index network) {
    layer.W += network * layer.width * layer.stride;
    for (T** vector : {&layer.b, &layer.gamma, &layer.beta, &layer.mean, &layer.variance})
        if (*vector != nullptr) *vector += network * layer.width;
    return layer;
}

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
    Layer<T>* layers; // layers[l] of all networks for l = 1 … k
    T epsilon;
    Index rows; // of W_1: networks · m_1
    Index slots, distance = 0;

    Parameters(const Stack& stack, Index most, Index slots, Memory& memory)
        : networks(most), depth(stack.depth), layers(take<Layer<T>>(memory, depth + 1)),
          epsilon(static_cast<T>(stack.epsilon)), rows(most * stack.widths[1]), slots(slots),
          theirs_(take<Layer<T>>(memory, depth + 1)), their_distance_(stack.slot_size) {
        Index statistics = 0;
        for (Index l = 1; l <= depth; ++l) {
            const Index width = stack.widths[l], below = stack.widths[l - 1];
            // many rows must not lie 4 KiB apart
            layers[l] = {width, below, padded<T>(below) + (l == 1 ? LANES<T> : 0)};
            theirs_[l] = {width, below, below};
            distance += most * width * layers[l].stride + 3 * padded<T>(most * width);
            statistics += 2 * padded<T>(most * width);
        }
        T* own = take<T>(memory, (1 + slots) * distance);
        T* own_moving = take<T>(memory, statistics);
        T* theta = static_cast<T*>(stack.theta);
        T* moving = static_cast<T*>(stack.moving);
        for (Index l = 1; l <= depth; ++l) {
            const bool batch_norm = stack.batch_norm && l < depth;
            lay_out(layers[l], most, LANES<T>, batch_norm, own, own_moving);
            lay_out(theirs_[l], stack.networks, 1, batch_norm, theta, moving);
        }
    }

    // Takes up other networks, `count` of them.
    void take_up(const Index* their_positions, Index count) {
        positions = their_positions;
        networks = count;
        rows = networks * layers[1].width;
        for_each_piece([](T* own, T* theirs, std::size_t bytes) {
            __builtin_memcpy(own, theirs, bytes);
        });
    }

    void write_back() const {
        for_each_piece([](T* own, T* theirs, std::size_t bytes) {
            __builtin_memcpy(theirs, own, bytes);
        });
    }

  private:
    // Says where a layer of so many networks lies, array after array, each a multiple of `grain` long.
    static void lay_out(Layer<T>& layer, Index networks, Index grain, bool batch_norm, T*& theta,
                        T*& moving) {
        const auto advance = [](T*& buffer, Index count) {
            T* begin = buffer;
            buffer += count;
            return begin;
        };
        const Index units = parts_of(networks * layer.width, grain) * grain;
        layer.W = advance(theta, networks * layer.width * layer.stride);
        layer.b = advance(theta, units);
        if (!batch_norm) return;
        layer.gamma = advance(theta, units);
        layer.beta = advance(theta, units);
        layer.mean = advance(moving, units);
        layer.variance = advance(moving, units);
    }

    // Calls f(own, theirs, bytes) for every piece of the networks and of what is remembered of them.
    template <class F> void for_each_piece(F&& f) const {
        const auto numbers = [](Index count) { return static_cast<std::size_t>(count) * sizeof(T); };
        for (Index network = 0; network < networks; ++network)
            for (Index l = 1; l <= depth; ++l) {
                const Layer<T> own = part_of(layers[l], network);
                const Layer<T> theirs = part_of(theirs_[l], positions[network]);
                const auto each = [&](T* Layer<T>::*array, Index slot) {
                    if (own.*array != nullptr)
                        f(own.*array + slot * distance, theirs.*array + slot * their_distance_,
                          numbers(own.width));
                };
                for (Index slot = 0; slot <= slots; ++slot) {
                    for (Index i = 0; i < own.width; ++i)
                        f(own.W + slot * distance + i * own.stride,
                          theirs.W + slot * their_distance_ + i * theirs.stride,
                          numbers(own.below));
                    for (auto array : {&Layer<T>::b, &Layer<T>::gamma, &Layer<T>::beta})
                        each(array, slot);
                }
                for (auto array : {&Layer<T>::mean, &Layer<T>::variance}) each(array, 0);
            }
    }

    Layer<T>* theirs_; // as they lie in the stack
    Index their_distance_;
};

template <class T> Layer<T> layer_of(const Parameters<T>& stack, Index network, Index l) {
    return part_of(stack.layers[l], network);
}

} // namespace klayer::KLAYER_ISA
