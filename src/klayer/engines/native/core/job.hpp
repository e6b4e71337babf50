// What Python asks for, as plain numbers and addresses: the only types that cross from the code
// compiled once (bindings, threads) to the code compiled for each instruction set (job.hpp → isa.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace klayer {

using Index = std::ptrdiff_t;

enum class Feature { uint8, float32, float64 };

// A stack of P networks. The buffers are laid out as klayer.architecture says.
struct Stack {
    Index networks;       // P
    Index depth;          // k
    const Index* widths;  // m_0 … m_k
    bool batch_norm;
    double epsilon;
    bool wide;          // float64 rather than float32
    void* theta;        // (P · size,), changed in place by training, and each slot right behind
    Index slot_size;    // P · size
    void* moving;       // (P · statistics_size,), likewise
    const bool* active; // (P,)
};

// Pictures of bytes as their frequencies: see klayer.frequencies.
struct Frequencies {
    Index size;                     // how many are kept, the features of a network; 0 for pixels
    Index height, width, channels;  // of a picture
    Index rows, columns;            // of the frequencies that may be kept
    const double *colours, *down, *across; // (channels, channels), (rows, height), (columns, width)
    const std::int64_t* kept;       // (size,), places among channels · rows · columns
};

struct Samples {
    const void* X; // (n, d) raw features, or pictures
    Feature feature;
    const std::int64_t* y;     // (n,)
    const double* mean;        // (d,) of features
    const double* inverse_std; // (d,)
    Frequencies frequencies;
};

// How parameters go down their gradient: see klayer.updates.
struct Update {
    enum Kind { sgd, momentum, nesterov, adamw, keep } kind; // the gradient until it is clipped
    double beta1, beta2, epsilon, weight_decay;              // β₁ is μ of momentum
    double clip_norm; // the longest norm of a gradient, which is then the last slot; 0 for any
    Index slots;      // what is remembered of each number, in numbers
};

// How pictures are moved: see klayer.augmentation. Without any, the height is 0.
struct Moves {
    Index height, width, channels;
    bool flip;
    Index shift;
    std::uint32_t seed;
};

// What is beyond the plain cost of the rows as they are: see klayer.engines.contract.Objective.
struct Extras {
    double smoothing;                // of labels
    const double* weights;           // (n,) of all rows, or null
    double kept;                     // what activations that are not dropped are multiplied by
    std::uint32_t threshold;         // of the random bits: those below drop; 0 where none is dropped
    const std::uint32_t* drop_seeds; // (P,)
    Moves moves;
};

struct Training {
    Stack stack;
    Samples samples;
    const std::int64_t* order;   // row indices of all batches
    const std::int64_t* offsets; // (steps + 1,)
    Index steps, first_step; // updates to do, and done before
    const double* rates;     // (steps, P)
    const double* lam;       // (P,)
    double moving_decay;
    Update update;
    Extras extras;
    bool forward_only; // stop before the loss: only the moving statistics change
    double* losses;    // (steps, P), written for active networks
    int threads;
};

struct Evaluation {
    Stack stack;
    Samples samples;
    const std::int64_t* rows;
    Index count;
    double* cross_entropy; // (P,)
    double* penalty;       // (P,)
    double* accuracy;      // (P,)
    void* logits;          // (P, count, K) in the dtype of theta, or null: then the figures above
    int threads;
};

// One build of the engine, for one instruction set.
struct Isa {
    const char* name;
    bool (*runs_here)();
    void (*train)(const Training&);
    void (*evaluate)(const Evaluation&);
    double (*fma_peak)(double seconds, int threads); // FLOP per second of float32
};

} // namespace klayer
