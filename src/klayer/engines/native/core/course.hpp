// What is the same for all networks of a training: its batches' classes, what is done with rows and
// gradients, and how much arithmetic an update is.
#pragma once

#include "frequencies.hpp"
#include "layers.hpp"
#include "pieces.hpp"

namespace klayer::KLAYER_ISA {

constexpr Index ENOUGH_PRODUCTS = 1 << 18; // in an update, for a thread to be worth waiting for
constexpr Index ENOUGH_IN_A_CALL = 1 << 26; // for a thread to be worth starting

template <class T, class From> struct Course {
    const Training& job;
    const From& source;
    const Spectrum<T> spectrum;
    const bool clips, few; // few features: every thread reads all of a batch for itself
    Update update;         // what is done with a gradient at first
    Index longest = 0;     // batch
    std::int64_t* y;       // classes in the order of the batches
    T* weights = nullptr;  // likewise, where rows have any

    Course(const Training& job, const From& source, Memory& memory)
        : job(job), source(source), spectrum(job.samples.frequencies, memory),
          clips(job.update.clip_norm > 0), few(source.inputs <= FEW<T>), update(job.update) {
        if (clips) update.kind = Update::keep;
        const std::int64_t begin = job.offsets[0], end = job.offsets[job.steps];
        for (Index t = 0; t < job.steps; ++t)
            longest = larger(longest, job.offsets[t + 1] - job.offsets[t]);
        y = take<std::int64_t>(memory, end - begin);
        for (Index i = begin; i < end; ++i) y[i - begin] = job.samples.y[job.order[i]];
        if (job.extras.weights == nullptr) return;
        weights = take<T>(memory, end - begin);
        for (Index i = begin; i < end; ++i)
            weights[i - begin] = static_cast<T>(job.extras.weights[job.order[i]]);
    }

    bool moves() const { return job.extras.moves.height > 0; }
    bool makes_rows() const { return moves() || spectrum.size() > 0; } // of a batch, from the raw ones
    bool plain() const { return update.kind == Update::sgd; }

    Labels<T> labels(Index t) const {
        const Index begin = job.offsets[t] - job.offsets[0];
        return {y + begin, weights == nullptr ? nullptr : weights + begin,
                static_cast<T>(job.extras.smoothing), job.offsets[t + 1] - job.offsets[t]};
    }

    Index weights_of(Index l) const { return job.stack.widths[l] * job.stack.widths[l - 1]; }
    Index weights_above() const { // the first layer
        Index sum = 0;
        for (Index l = 2; l <= job.stack.depth; ++l) sum += weights_of(l);
        return sum;
    }

    // Products of a network's update in its first layer, or above.
    Index first() const { return (few ? 1 : 2) * longest * weights_of(1); }
    Index above() const { // or with a product of the first layer, where features are few
        return longest * (3 * weights_above() + (few ? weights_of(1) : 0));
    }
};

} // namespace klayer::KLAYER_ISA
