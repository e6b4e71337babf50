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
    void* theta;        // (P · size,), changed in place by training
    void* moving;       // (P · statistics_size,), likewise
    const bool* active; // (P,)
};

struct Samples {
    const void* X; // (n, d) raw features
    Feature feature;
    const std::int64_t* y;     // (n,)
    const double* mean;        // (d,)
    const double* inverse_std; // (d,)
};

struct Training {
    Stack stack;
    Samples samples;
    const std::int64_t* order;   // row indices of all batches
    const std::int64_t* offsets; // (steps + 1,)
    Index steps;
    const double* rates; // (steps, P)
    const double* lam;   // (P,)
    double moving_decay;
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
