// A network's way through the layers above the first, forward and backward: by one thread alone, or
// shared by unit.
#pragma once

#include "batch.hpp"
#include "noise.hpp"
#include "panel.hpp"
#include "rules.hpp"

namespace klayer::KLAYER_ISA {

// What one network keeps from its forward pass for its backward pass; rows of `ld` samples.
template <class T> struct Trace {
    T **H, **S_hat, **dS, **inverse; // by layer; H[k] holds the logits
    T *totals, *losses;              // by sample

    Trace(const Parameters<T>& stack, Index ld, Memory& memory) {
        for (T*** arrays : {&H, &S_hat, &dS, &inverse})
            *arrays = take<T*>(memory, stack.depth + 1);
        for (Index l = 1; l <= stack.depth; ++l) {
            const Index width = stack.layers[l].width;
            for (T** arrays : {H, S_hat, dS}) arrays[l] = take<T>(memory, width * ld);
            inverse[l] = take<T>(memory, width);
        }
        totals = take<T>(memory, ld);
        losses = take<T>(memory, ld);
    }
};

template <class T> class Pass {
  public:
    Pass(const Parameters<T>& stack, Index network, const Batch<T>& batch, Trace<T> trace,
         T* piece, const Crew& crew)
        : stack_(stack), network_(network), batch_(batch), trace_(trace), piece_(piece),
          crew_(crew), last_(stack.depth), ld_(batch.ld) {}

    // Layers 1 … k − 1: affine, batch normalisation by the batch's own statistics, ReLU, dropout; or
    // without extras, by moving statistics.
    void hidden(T decay, const Extras* extras) {
        for (Index l = 1; l < last_; ++l) {
            const Layer<T> layer = layer_of(stack_, network_, l);
            const Range units = crew_.share(layer.width);
            pre_activation(l, layer, units, {0, batch_.vectors});
            in_parts<TOGETHER>(units.begin, units.end, [&](Index i, auto rows) {
                T* S = trace_.H[l] + i * ld_;
                if (layer.gamma != nullptr && extras != nullptr)
                    batch_norm<rows.value>(layer, i, batch_.n, stack_.epsilon, decay, S,
                                           trace_.S_hat[l] + i * ld_, ld_, trace_.inverse[l] + i);
                for (int r = 0; r < rows.value; ++r, S += ld_) {
                    if (layer.gamma == nullptr)
                        relu(batch_.n, S);
                    else if (extras == nullptr)
                        normalise(layer, i + r, batch_.n, stack_.epsilon, S);
                    if (extras != nullptr && extras->threshold > 0)
                        drop(batch_.n, key(drop_seed(*extras), batch_.step, l, i + r),
                             extras->threshold, static_cast<T>(extras->kept), S);
                }
            });
            crew_.wait();
        }
    }

    // The last layer, for a share of the samples.
    void logits() {
        const Layer<T> layer = layer_of(stack_, network_, last_);
        pre_activation(last_, layer, {0, layer.width}, crew_.share(batch_.vectors));
    }

    // The loss of the same share; returns the cross-entropy to the crew's first member.
    double loss() {
        const Layer<T> layer = layer_of(stack_, network_, last_);
        const Range vectors = crew_.share(batch_.vectors);
        cross_entropy(layer.width, vectors, batch_.labels, trace_.H[last_], dS(last_),
                      trace_.totals, trace_.losses, ld_);
        softmax_back(layer.width, vectors, batch_.labels, trace_.totals, dS(last_), ld_);
        crew_.wait();
        double total = 0;
        if (crew_.index == 0)
            for (Index i = 0; i < batch_.n; ++i) total += trace_.losses[i];
        return total / static_cast<double>(batch_.n);
    }

    // From dS_k down to dS_1, descending along everything but W_1; `kept` is what dropout multiplied
    // the activations by that it kept.
    template <class Rule> void backward(const Rule& rule, T kept) {
        const Layer<T> top = layer_of(stack_, network_, last_);
        descend_biases(top, last_, crew_.share(top.width), rule);
        for (Index l = last_; l > 1; --l) {
            const Layer<T> layer = layer_of(stack_, network_, l);
            const Layer<T> below = layer_of(stack_, network_, l - 1);
            const Range units = crew_.share(below.width);
            affine_back(layer, units, batch_.vectors, dS(l), dS(l - 1), ld_);
            in_parts<TOGETHER>(units.begin, units.end, [&](Index i, auto rows) {
                const T* H = trace_.H[l - 1] + i * ld_;
                T* dH = dS(l - 1) + i * ld_;
                if (below.gamma != nullptr)
                    return batch_norm_back<rows.value>(below, i, batch_.n, trace_.inverse[l - 1] + i,
                                                       kept, H, trace_.S_hat[l - 1] + i * ld_, dH,
                                                       ld_, rule);
                for (int r = 0; r < rows.value; ++r)
                    relu_back(batch_.n, kept, H + r * ld_, dH + r * ld_);
            });
            if (below.gamma == nullptr) descend_biases(below, l - 1, units, rule);
            crew_.wait(); // W_l has been read by everyone
            descend_weights(layer, l, rule);
        }
    }

  private:
    std::uint32_t drop_seed(const Extras& extras) const {
        return extras.drop_seeds[stack_.positions[network_]];
    }
    T* dS(Index l) const {
        return l > 1 ? trace_.dS[l] : batch_.dS1 + network_ * stack_.layers[1].width * ld_;
    }

    void pre_activation(Index l, const Layer<T>& layer, Range units, Range vectors) {
        const T* H = l == 1 ? batch_.X : trace_.H[l - 1];
        if (H == nullptr)
            add_blocks(layer, units, vectors, batch_.partial + network_ * layer.width * ld_,
                       batch_.pairs, stack_.rows * ld_, trace_.H[1], ld_);
        else
            affine(layer, units, vectors, H, trace_.H[l], ld_);
    }

    template <class Rule>
    void descend_biases(const Layer<T>& layer, Index l, Range units, const Rule& rule) {
        in_parts<TOGETHER>(units.begin, units.end, [&](Index i, auto rows) {
            T sums[rows.value];
            row_sums<rows.value>(dS(l) + i * ld_, ld_, batch_.n, sums);
            for (int r = 0; r < rows.value; ++r) rule.number(layer.b + i + r, sums[r]);
        });
    }

    // Shares the panels of units below; where they are few, the rows of W_l as well.
    template <class Rule> void descend_weights(const Layer<T>& layer, Index l, const Rule& rule) {
        const Index panels = parts_of(layer.below, PANEL<T>);
        const Index groups = panels >= 8 * crew_.size ? 1 : crew_.size;
        const Range mine = crew_.share(panels * groups);
        for (Index task = mine.begin; task < mine.end; ++task) {
            const Index start = task / groups * PANEL<T>, group = task % groups;
            const Index length = smaller(PANEL<T>, padded<T>(layer.below) - start);
            if (group == 0 || task == mine.begin)
                turn_panel(trace_.H[l - 1] + start * ld_, layer.below - start);
            Fetch nothing;
            descend_panel(layer.W + start, layer.stride,
                          {layer.width * group / groups, layer.width * (group + 1) / groups},
                          length, dS(l), ld_, piece_, batch_.n, &rule, layer.width, nothing);
        }
    }

    // Fills the panel with Hᵀ of so many units, or as many as it holds.
    void turn_panel(const T* H, Index units) {
        for (Index unit = 0; unit < smaller(PANEL<T>, units); unit += LANES<T>)
            for (Index i = 0; i < batch_.n; i += LANES<T>)
                turn_square(H + unit * ld_ + i, ld_, units - unit,
                            piece_ + place_in_panel<T>(unit, batch_.n) + i * STRIPE<T>, STRIPE<T>);
    }

    const Parameters<T>& stack_;
    const Index network_;
    const Batch<T>& batch_;
    const Trace<T> trace_;
    T* const piece_;
    const Crew& crew_;
    const Index last_, ld_;
};

} // namespace klayer::KLAYER_ISA
