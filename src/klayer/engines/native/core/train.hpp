// Many updates of a stack: each is three phases with a barrier after each: the first layer's
// products, the layers above forward and backward, the first layer's update.
#pragma once

#include "step.hpp"

namespace klayer::KLAYER_ISA {

template <class T, class From> class Trainer {
  public:
    Trainer(const Training& job, Memory& memory, const From& source)
        : job_(job), source_(source), stack_(job.stack, !job.forward_only, memory) {
        Index longest = 0;
        for (Index t = 0; t < job.steps; ++t)
            longest = larger(longest, job.offsets[t + 1] - job.offsets[t]);
        ld_ = padded<T>(longest);
        solo_ = stack_.networks >= job.threads;
        partial_ = take<T>(memory, blocks_of(stack_) * stack_.rows * ld_);
        dS1_ = take<T>(memory, stack_.rows * ld_);
        y_ = take<std::int64_t>(memory, job.offsets[job.steps] - job.offsets[0]);
        for (Index i = job.offsets[0]; i < job.offsets[job.steps]; ++i)
            y_[i - job.offsets[0]] = job.samples.y[job.order[i]];
        pieces_ = take<T*>(memory, job.threads);
        for (int i = 0; i < job.threads; ++i) pieces_[i] = take_piece<T>(memory, longest);
        const Index traces = solo_ ? job.threads : stack_.networks;
        traces_ = take<Trace<T>>(memory, traces);
        for (Index i = 0; i < traces; ++i)
            traces_[i] = Trace<T>(stack_, ld_, memory);
    }

    void run() {
        if (stack_.networks == 0) return;
        run_team(job_.threads,
                 [](void* self, const Crew& team) { static_cast<Trainer*>(self)->member(team); },
                 this);
        if (!job_.forward_only) stack_.write_back();
    }

  private:
    using Rule = GradientDescent<T>;

    void member(const Crew& team) {
        for (Index t = 0; t < job_.steps; ++t) {
            const Batch<T> batch = batch_at(t);
            multiply(team, batch);
            team.wait();
            pass(team, batch, t);
            if (job_.forward_only) return;
            descend(team, batch, t);
            team.wait();
        }
    }

    Batch<T> batch_at(Index t) const {
        const std::int64_t* at = job_.offsets + t;
        const Index n = at[1] - at[0], next = t + 1 < job_.steps ? at[2] - at[1] : 0;
        return {job_.order + at[0], y_ + (at[0] - job_.offsets[0]),
                n, parts_of(n, LANES<T>), next, ld_, blocks_of(stack_), partial_, dS1_};
    }

    // Shares the pairs (block of features, sample), block after block.
    void multiply(const Crew& team, const Batch<T>& batch) {
        const Range mine = team.share(batch.blocks * batch.n);
        for (Index block = mine.begin / batch.n; block * batch.n < mine.end; ++block) {
            const Range samples = {larger(mine.begin - block * batch.n, 0),
                                   smaller(mine.end - block * batch.n, batch.n)};
            first_products(stack_, source_, batch.rows, block, samples, pieces_[team.index],
                           batch.partial, batch.ld);
        }
    }

    // Takes whole networks alone, or every network together with the rest of the team.
    void pass(const Crew& team, const Batch<T>& batch, Index t) {
        const Crew alone = {0, 1, nullptr};
        const Crew& crew = solo_ ? alone : team;
        const Range mine = solo_ ? team.share(stack_.networks) : Range{0, stack_.networks};
        for (Index network = mine.begin; network < mine.end; ++network) {
            Pass<T> one(stack_, network, batch, traces_[solo_ ? team.index : network], crew);
            one.hidden(static_cast<T>(job_.moving_decay));
            if (job_.forward_only) continue;
            const double loss = one.loss();
            if (crew.index == 0)
                job_.losses[t * job_.stack.networks + stack_.positions[network]] = loss;
            one.backward(rule(network, t));
        }
        if (solo_) team.wait();
    }

    // Shares the panels of features; where they are few, the rows of W_1 as well.
    void descend(const Crew& team, const Batch<T>& batch, Index t) {
        const Index panels = parts_of(source_.inputs, PANEL<T>);
        const Index groups = panels >= 8 * team.size ? 1 : team.size;
        const Range mine = team.share(panels * groups);
        const Index width = stack_.layers[1].width;
        for (Index task = mine.begin; task < mine.end; ++task) {
            const Index panel = task / groups, group = task % groups;
            const Range rows = {stack_.rows * group / groups, stack_.rows * (group + 1) / groups};
            first_update(stack_, source_, batch.rows, batch.n, group == 0 ? batch.ahead : 0, panel,
                         rows, batch.dS1, batch.ld, pieces_[team.index],
                         [&](Index row) { return rule(row / width, t); });
        }
    }

    Rule rule(Index network, Index t) const {
        const Index p = stack_.positions[network];
        return {static_cast<T>(job_.rates[t * job_.stack.networks + p]),
                static_cast<T>(2 * job_.lam[p])};
    }

    const Training& job_;
    const From& source_;
    Parameters<T> stack_;
    Index ld_;
    bool solo_;
    T *partial_, *dS1_, **pieces_;
    std::int64_t* y_;
    Trace<T>* traces_;
};

template <class T> void train(const Training& job) {
    Memory memory;
    with_source<T>(job.samples, job.stack.widths[0], memory, [&](const auto& source) {
        Trainer<T, std::decay_t<decltype(source)>>(job, memory, source).run();
    });
}

} // namespace klayer::KLAYER_ISA
