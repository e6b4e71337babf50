// The extension's face towards Python: arrays in, the build for this machine called with the GIL
// released. That the arrays belong together, klayer.engines.boundary has seen to.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "job.hpp"

namespace nb = nanobind;

// One object library each in CMakeLists.txt; the fastest first.
#if defined(__x86_64__)
#define KLAYER_BUILDS(X) X(v4_vnni) X(v4) X(v3) X(baseline)
#else
#define KLAYER_BUILDS(X) X(portable)
#endif

#define DECLARE(name)                                                                              \
    namespace klayer::name {                                                                       \
    extern const Isa isa;                                                                          \
    }
KLAYER_BUILDS(DECLARE)

namespace klayer {
namespace {

#define ADDRESS(name) &name::isa,
const Isa* const BUILDS[] = {KLAYER_BUILDS(ADDRESS)};

// The fastest build that runs here, or the one that KLAYER_NATIVE_ISA names.
const Isa& chosen() {
    const char* forced = std::getenv("KLAYER_NATIVE_ISA");
    for (const Isa* build : BUILDS)
        if (build->runs_here() && (forced == nullptr || std::string(forced) == build->name))
            return *build;
    throw std::invalid_argument("`KLAYER_NATIVE_ISA` must name code that runs here, but got " +
                                std::string(forced == nullptr ? "nothing" : forced));
}

std::vector<std::string> builds() {
    std::vector<std::string> names;
    for (const Isa* build : BUILDS)
        if (build->runs_here()) names.emplace_back(build->name);
    return names;
}

template <class T> using In = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
template <class T> using Out = nb::ndarray<T, nb::c_contig, nb::device::cpu>;
using AnyIn = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using AnyOut = nb::ndarray<nb::c_contig, nb::device::cpu>;

struct Net {
    std::vector<Index> widths;
    bool batch_norm;
    double epsilon;
    AnyOut theta, moving;
    In<bool> active;
    Index slots;

    Stack stack() const {
        return {static_cast<Index>(active.size()), static_cast<Index>(widths.size()) - 1,
                widths.data(), batch_norm, epsilon, theta.itemsize() == 8,
                theta.data(), static_cast<Index>(theta.size()) / (1 + slots),
                moving.data(), active.data()};
    }
};

// See klayer.engines.contract.Objective; `weights` are those of all rows.
struct Objective {
    In<double> lam;
    double moving_decay, smoothing;
    std::optional<In<double>> weights;
    double kept;
    std::uint32_t threshold;
    In<std::uint32_t> drop_seeds;
    std::array<Index, 3> picture; // height, width, channels
    bool flip;
    Index shift;
    std::uint32_t moves_seed;

    Extras extras() const {
        const Moves moves = {picture[0], picture[1], picture[2], flip, shift, moves_seed};
        return {smoothing, weights ? weights->data() : nullptr, kept, threshold, drop_seeds.data(),
                moves};
    }
};

struct Rule {
    int kind; // the place in Update::Kind
    double beta1, beta2, epsilon, weight_decay, clip_norm;

    Update update(Index slots) const {
        return {static_cast<Update::Kind>(kind), beta1, beta2, epsilon, weight_decay, clip_norm,
                slots};
    }
};

// See klayer.frequencies.
struct Spectrum {
    std::array<Index, 3> picture; // height, width, channels
    In<double> colours, down, across;
    In<std::int64_t> kept;

    Frequencies frequencies() const {
        const auto [height, width, channels] = picture;
        return {static_cast<Index>(kept.size()), height, width, channels,
                static_cast<Index>(down.size()) / height, static_cast<Index>(across.size()) / width,
                colours.data(), down.data(), across.data(), kept.data()};
    }
};

struct Table {
    AnyIn X;
    In<std::int64_t> y;
    In<double> mean, inverse_std;
    std::optional<Spectrum> spectrum;

    Samples samples() const {
        const Feature feature = X.itemsize() == 1   ? Feature::uint8
                                : X.itemsize() == 4 ? Feature::float32
                                                    : Feature::float64;
        return {X.data(), feature, y.data(), mean.data(), inverse_std.data(),
                spectrum ? spectrum->frequencies() : Frequencies{}};
    }
};

void train(const Net& net, const Table& table, In<std::int64_t> order, In<std::int64_t> offsets,
           Index first_step, In<double> rates, const Objective& objective, const Rule& rule,
           bool forward_only, Out<double> losses, int threads) {
    const Index steps = static_cast<Index>(offsets.size()) - 1;
    const Update update = rule.update(net.slots);
    const nb::gil_scoped_release released;
    if (steps < 1) return;
    chosen().train({net.stack(), table.samples(), order.data(), offsets.data(), steps,
                    first_step, rates.data(), objective.lam.data(), objective.moving_decay,
                    update, objective.extras(), forward_only, losses.data(),
                    threads});
}

void evaluate(const Net& net, const Table& table, In<std::int64_t> rows, Out<double> cross_entropy,
              Out<double> penalty, Out<double> accuracy, std::optional<AnyOut> logits,
              int threads) {
    const nb::gil_scoped_release released;
    chosen().evaluate({net.stack(), table.samples(), rows.data(), static_cast<Index>(rows.size()),
                       cross_entropy.data(), penalty.data(), accuracy.data(),
                       logits ? logits->data() : nullptr, threads});
}

} // namespace
} // namespace klayer

NB_MODULE(_core, module) {
    using namespace klayer;
    nb::class_<Net>(module, "Net")
        .def(nb::init<std::vector<Index>, bool, double, AnyOut, AnyOut, In<bool>, Index>());
    nb::class_<Spectrum>(module, "Spectrum")
        .def(nb::init<std::array<Index, 3>, In<double>, In<double>, In<double>, In<std::int64_t>>());
    nb::class_<Table>(module, "Table")
        .def(nb::init<AnyIn, In<std::int64_t>, In<double>, In<double>, std::optional<Spectrum>>(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none());
    nb::class_<Objective>(module, "Objective")
        .def(nb::init<In<double>, double, double, std::optional<In<double>>, double, std::uint32_t,
                      In<std::uint32_t>, std::array<Index, 3>, bool, Index, std::uint32_t>(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg());
    nb::class_<Rule>(module, "Rule").def(nb::init<int, double, double, double, double, double>());
    module.def("train", &train);
    module.def("evaluate", &evaluate, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
               nb::arg(), nb::arg().none(), nb::arg());
    module.def("builds", &builds);
    module.def("isa", [] { return std::string(chosen().name); });
    module.def("fma_peak", [](double seconds, int threads) {
        const nb::gil_scoped_release released;
        return chosen().fma_peak(seconds, threads);
    });
}
