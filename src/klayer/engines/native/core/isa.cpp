// The engine for one instruction set: compiled once for each, with KLAYER_ISA its name. Nothing in
// here may be shared with another build of itself, so no template of the standard library that could
// be emitted as a function is used.
#include "evaluate.hpp"
#include "peak.hpp"
#include "train.hpp"

namespace klayer::KLAYER_ISA {

static bool runs_here() {
#if defined(__AVX512VNNI__)
    return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni");
#elif defined(__AVX512F__)
    return __builtin_cpu_supports("x86-64-v4");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("x86-64-v3");
#else
    return true;
#endif
}

static void train_any(const Training& job) {
    job.stack.wide ? train<double>(job) : train<float>(job);
}

static void evaluate_any(const Evaluation& job) {
    job.stack.wide ? evaluate<double>(job) : evaluate<float>(job);
}

#define QUOTE_(name) #name
#define QUOTE(name) QUOTE_(name)
extern const Isa isa = {QUOTE(KLAYER_ISA), runs_here, train_any, evaluate_any, fma_peak};

} // namespace klayer::KLAYER_ISA
