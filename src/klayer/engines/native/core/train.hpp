// Many updates of a stack: each is three phases with a barrier after each: the first layer's
// products, the layers above forward and backward, the first layer's update.
#pragma once

#include "step.hpp"

namespace klayer::KLAYER_ISA {

constexpr Index ENOUGH_PRODUCTS = 1 << 20; // that a thread is worth waiting for

template <class T, class From> class Trainer {
  public:
    Trainer(const Training& job, Memory& memory, const From& source)
        : job_(job), source_(source), stack_(job.stack, !job.forward_only, memory) {
        Index longest = 0;
        for (Index t = 0; t < job.steps; ++t)
            longest = larger(longest, job.offsets[t + 1] - job.offsets[t]);
        ld_ = padded<T>(longest);
        share_out(longest);
        partial_ = take<T>(memory, pairs_of(stack_) * stack_.rows * ld_);
        dS1_ = take<T>(memory, stack_.rows * ld_);
        if (From::bytes && !job.forward_only)
            kept_ = take<typename From::Raw>(memory, padded<T>(source.inputs + PANEL<T>) * longest);
        y_ = take<std::int64_t>(memory, job.offsets[job.steps] - job.offsets[0]);
        for (Index i = job.offsets[0]; i < job.offsets[job.steps]; ++i)
            y_[i - job.offsets[0]] = job.samples.y[job.order[i]];
        desks_ = take<Desk>(memory, threads_);
        for (int i = 0; i < threads_; ++i)
            desks_[i] = {take_piece<T>(memory, longest), take<Rule>(memory, stack_.networks)};
        const Index traces = solo_ ? threads_ : stack_.networks;
        traces_ = take<Trace<T>>(memory, traces);
        for (Index i = 0; i < traces; ++i)
            traces_[i] = Trace<T>(stack_, ld_, memory);
    }

    void run() {
        if (stack_.networks == 0) return;
        run_team(threads_,
                 [](void* self, const Crew& team) { static_cast<Trainer*>(self)->member(team); },
                 this);
        if (!job_.forward_only) stack_.write_back();
    }

  private:
    using Rule = GradientDescent<T>;

    // What one thread works with.
    struct Desk {
        T* piece;
        Rule* rules; // of each network, for this update
    };

    // Decides how many threads have enough to do, and whether they take whole networks through the
    // layers above the first or share each; n samples per update.
    void share_out(Index n) {
        Index above = 0;
        for (Index l = 2; l <= stack_.depth; ++l)
            above += stack_.layers[l].width * stack_.layers[l].below;
        const Index first = stack_.layers[1].width * stack_.layers[1].below;
        const Index products = n * stack_.networks * (2 * first + 3 * above);
        threads_ = static_cast<int>(
            larger(1, smaller(job_.threads, products / ENOUGH_PRODUCTS)));
        solo_ = stack_.networks >= threads_ || n * above < ENOUGH_PRODUCTS;
    }

    void member(const Crew& team) {
        const Index pairs = pairs_of(stack_);
        const bool owns_columns = // each thread updates the columns of W_1 that it multiplies by
            pairs % team.size == 0 && pairs * PAIR * BLOCK<T> == source_.inputs;
        for (Index t = 0; t < job_.steps; ++t) {
            const Batch<T> batch = batch_at(t);
            multiply(team, batch);
            team.wait();
            pass(team, batch, t);
            if (job_.forward_only) return;
            descend(team, batch, t);
            if (!owns_columns) team.wait();
        }
    }

    Batch<T> batch_at(Index t) const {
        const std::int64_t* at = job_.offsets + t;
        const Index n = at[1] - at[0], next = t + 1 < job_.steps ? at[2] - at[1] : 0;
        return {job_.order + at[0], y_ + (at[0] - job_.offsets[0]),
                n, parts_of(n, LANES<T>), next, ld_, pairs_of(stack_), partial_, dS1_};
    }

    // Shares the pairs (pair of blocks of features, sample), features after features.
    void multiply(const Crew& team, const Batch<T>& batch) {
        const Range mine = team.share(batch.pairs * batch.n);
        for (Index pair = mine.begin / batch.n; pair * batch.n < mine.end; ++pair) {
            const Range samples = {larger(mine.begin - pair * batch.n, 0),
                                   smaller(mine.end - pair * batch.n, batch.n)};
            first_products(stack_, source_, batch.rows, batch.n, pair, samples,
                           desks_[team.index].piece, kept_, batch.partial, batch.ld);
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
        const Desk& desk = desks_[team.index];
        for (Index network = 0; network < stack_.networks; ++network)
            desk.rules[network] = rule(network, t);
        Fetch<From> fetch = fetch_for(team, batch, mine, groups);
        for (Index task = mine.begin; task < mine.end; ++task) {
            const Index panel = task / groups, group = task % groups;
            const Range rows = {stack_.rows * group / groups, stack_.rows * (group + 1) / groups};
            first_update(stack_, source_, batch.rows, batch.n, panel, rows, batch.dS1, batch.ld,
                         desk.piece, kept_, fetch,
                         [&](Index row) { return desk.rules[stack_.network_of[row]]; });
        }
    }

    // A thread fetches those features of the next batch that it multiplies next, where it has
    // panels of its own, and else its share of the rows.
    Fetch<From> fetch_for(const Crew& team, const Batch<T>& batch, Range tasks, Index groups) const {
        const std::int64_t* next = batch.rows + batch.n;
        const Index calls = (tasks.end - tasks.begin) *
                            parts_of(parts_of(stack_.rows, groups), OUTER_ROWS) * batch.n;
        if (groups == 1)
            return {source_, next, batch.ahead,
                    {tasks.begin * PANEL<T>, smaller(tasks.end * PANEL<T>, source_.inputs)}, calls};
        const Range rows = team.share(batch.ahead);
        return {source_, next + rows.begin, rows.end - rows.begin, {0, source_.inputs}, calls};
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
    int threads_;
    bool solo_;
    T *partial_, *dS1_;
    typename From::Raw* kept_ = nullptr;
    Desk* desks_;
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
