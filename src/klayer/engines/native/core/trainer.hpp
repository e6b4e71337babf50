// Many updates of some networks by one or more threads: each is three phases with a barrier after
// each: the first layer's products (of few features, part of the next), the layers above forward and
// backward, the first layer's update; and two more where gradients are clipped: their norms, and the
// update of every layer.
#pragma once

#include "byte_layer.hpp"
#include "clipping.hpp"
#include "course.hpp"
#include "pace.hpp"
#include "step.hpp"

namespace klayer::KLAYER_ISA {

// Room to train as many networks side by side as `like` has, by so many threads.
template <class T, class From> class Trainer {
  public:
    Trainer(const Course<T, From>& course, const Parameters<T>& like, int threads, Memory& memory)
        : course_(&course), source_(course.source), ld_(stride_of(course.longest)),
          solo_(threads == 1 || course.above() < ENOUGH_PRODUCTS) {
        if (!course.few) partial_ = take<T>(memory, pairs_of(like) * like.rows * ld_);
        dS1_ = take<T>(memory, like.rows * ld_);
        const Index inputs = course.source.inputs;
        if (!course.few) bytes_ = ByteLayer<T, From>(course.source, course.longest);
        if (From::bytes && !course.few && !course.job.forward_only)
            kept_ = take<typename From::Raw>(memory, (inputs + PANEL<T>) * ld_);
        if (course.makes_rows()) {
            made_ = take<typename From::Raw>(memory, inputs * course.longest);
            source_.X_raw = made_;
            places_ = take_places(course.longest, memory);
        }
        if (course.clips) squares_ = take<double>(memory, like.networks * units_of(like));
        desks_ = take<Desk>(memory, threads);
        for (int i = 0; i < threads; ++i)
            desks_[i] = {take_piece<T>(memory, course.longest),
                         course.few ? take<T>(memory, FEW<T> * ld_) : nullptr,
                         course.few ? take<T>(memory, FEW<T> * ld_) : nullptr,
                         course.spectrum.take_room(memory),
                         take<std::uint8_t>(memory, course.spectrum.pixels()),
                         take<GradientDescent<T>>(memory, like.networks),
                         take<Remembering<T>>(memory, like.networks), {}};
        if constexpr (ByteLayer<T, From>::exists)
            for (int i = 0; i < threads && bytes_.used(); ++i)
                desks_[i].bytes = {like.rows, course.longest, memory};
        const Index traces = solo_ ? threads : like.networks;
        traces_ = take<Trace<T>>(memory, traces);
        for (Index i = 0; i < traces; ++i)
            traces_[i] = Trace<T>(like, ld_, memory);
    }

    // All updates, by all threads or, while that is faster, by fewer.
    void train(const Parameters<T>& stack, const Crew& team, Pace& pace) {
        const Index steps = course_->job.steps;
        if (team.size == 1) return train(stack, team, 0, steps);
        for (unsigned seen = 0;;) {
            const Crew crew =
                team.index == 0 ? pace.lead(team.size, steps) : pace.follow(team.index, seen);
            if (crew.size == 0) return;
            if (crew.index >= crew.size) continue;
            const Range updates = pace.updates();
            train(stack, crew, updates.begin, updates.end);
            crew.wait();
        }
    }

  private:
    void train(const Parameters<T>& stack, const Crew& team, Index begin, Index end) {
        const Index pairs = pairs_of(stack);
        const bool owns_columns = // each thread updates the columns of W_1 that it multiplies by
            pairs % team.size == 0 && pairs * PAIR * BLOCK<T> == source_.inputs &&
            !course_->makes_rows() && !course_->clips;
        for (Index t = begin; t < end; ++t) {
            const Batch<T> batch = batch_at(t, pairs, desks_[team.index].X);
            if (course_->makes_rows()) {
                make_rows(team, t);
                team.wait();
            }
            if (course_->few) {
                read_both_ways(source_, batch.rows, batch.n, desks_[team.index].panels, batch.X,
                               ld_);
            } else {
                multiply(stack, team, batch);
                team.wait();
            }
            pass(stack, team, batch, t);
            if (course_->job.forward_only) return;
            if (course_->plain())
                descend(stack, team, batch, t, desks_[team.index].plain);
            else
                descend(stack, team, batch, t, desks_[team.index].remembering);
            if (course_->clips && course_->job.update.kind == Update::sgd)
                clip<GradientDescent<T>>(stack, team, t);
            else if (course_->clips)
                clip<Remembering<T>>(stack, team, t);
            if (!owns_columns) team.wait();
        }
    }

    // What one thread works with: scratch, and the rule of each network for this update.
    struct Desk {
        T *piece, *panels, *X; // of rows, and a whole batch both ways where features are few
        T* room;               // of a picture on its way to its frequencies
        std::uint8_t* moved;
        GradientDescent<T>* plain;
        Remembering<T>* remembering;
        typename ByteLayer<T, From>::Desk bytes;
    };

    // Numbers from one unit's samples to the next's: not a power of two, or few lines of the cache
    // would hold them all.
    static Index stride_of(Index samples) {
        const Index least = padded<T>(samples);
        return least * static_cast<Index>(sizeof(T)) % 512 == 0 ? least + LANES<T> : least;
    }

    Batch<T> batch_at(Index t, Index pairs, T* X) const {
        const Training& job = course_->job;
        const std::int64_t* at = job.offsets + t;
        const Index n = at[1] - at[0], next = t + 1 < job.steps ? at[2] - at[1] : 0;
        const bool made = course_->makes_rows();
        return {made ? places_ : job.order + at[0], course_->labels(t), job.first_step + t,
                n, parts_of(n, LANES<T>), made ? 0 : next, ld_, pairs, X, partial_, dS1_};
    }

    // Shares the pictures of a batch: each is moved, becomes its frequencies, or both.
    void make_rows(const Crew& team, Index t) {
        const Training& job = course_->job;
        const std::int64_t* rows = job.order + job.offsets[t];
        const Range mine = team.share(job.offsets[t + 1] - job.offsets[t]);
        const Desk& desk = desks_[team.index];
        const auto move = [&](Index i, auto* from, auto* to) {
            move_picture(job.extras.moves, job.first_step + t, i, from, to);
        };
        for (Index i = mine.begin; i < mine.end; ++i) {
            typename From::Raw* to = made_ + i * source_.inputs;
            if (course_->spectrum.size() == 0) {
                move(i, course_->source.at(rows[i], 0), to);
            } else if constexpr (std::is_same_v<typename From::Raw, T>) {
                const std::uint8_t* picture = picture_at(job.samples, rows[i]);
                if (course_->moves()) {
                    move(i, picture, desk.moved);
                    picture = desk.moved;
                }
                course_->spectrum.read(picture, desk.room, to);
            }
        }
    }

    // Shares the pairs (pair of blocks of features, sample), features after features.
    void multiply(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch) {
        if constexpr (ByteLayer<T, From>::exists)
            if (bytes_.used()) {
                if (kept_ != nullptr)
                    bytes_.keep(source_, batch.rows, batch.n,
                                team.share(batch.pairs * parts_of(batch.n, 4)), kept_, ld_);
                bytes_.multiply(stack, source_, batch.rows, batch.n,
                                team.share(batch.pairs * stack.rows),
                                desks_[team.index].bytes.digits, batch.partial, batch.ld);
                return;
            }
        const Range mine = team.share(batch.pairs * batch.n);
        for (Index pair = mine.begin / batch.n; pair * batch.n < mine.end; ++pair) {
            const Range samples = {larger(mine.begin - pair * batch.n, 0),
                                   smaller(mine.end - pair * batch.n, batch.n)};
            first_products(stack, source_, batch.rows, pair, samples,
                           desks_[team.index].piece, kept_, batch.partial, batch.ld);
        }
    }

    // Takes whole networks alone, or every network together with the rest of the team.
    void pass(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch, Index t) {
        const Training& job = course_->job;
        const Crew alone = {0, 1, nullptr};
        const Crew& crew = solo_ ? alone : team;
        const Range mine = solo_ ? team.share(stack.networks) : Range{0, stack.networks};
        for (Index network = mine.begin; network < mine.end; ++network) {
            Pass<T> one(stack, network, batch, traces_[solo_ ? team.index : network],
                        desks_[team.index].piece, crew);
            one.hidden(static_cast<T>(job.moving_decay), &job.extras);
            if (job.forward_only) continue;
            one.logits();
            const double loss = one.loss();
            if (crew.index == 0)
                job.losses[t * job.stack.networks + stack.positions[network]] = loss;
            const T kept = static_cast<T>(job.extras.kept);
            if (course_->plain())
                one.backward(rule<GradientDescent<T>>(stack, network, t), kept);
            else
                one.backward(rule<Remembering<T>>(stack, network, t), kept);
        }
        if (solo_) team.wait();
    }

    // Shares the panels of features; where they are few, the rows of W_1 as well.
    template <class Rule>
    void descend(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch, Index t,
                 Rule* rules) {
        const Layer<T>& layer = stack.layers[1];
        const Index panels = parts_of(layer.below, PANEL<T>);
        const Index groups = panels >= 8 * team.size ? 1 : team.size;
        const Range mine = team.share(panels * groups);
        Desk& desk = desks_[team.index];
        for (Index network = 0; network < stack.networks; ++network)
            rules[network] = rule<Rule>(stack, network, t);
        Fetch fetch = fetch_for(stack, team, batch, mine, groups);
        if constexpr (ByteLayer<T, From>::exists)
            if (bytes_.used()) desk.bytes.gradient.fill(batch.dS1, batch.ld, stack.rows, batch.n);
        for (Index task = mine.begin; task < mine.end; ++task) {
            const Index panel = task / groups, group = task % groups;
            const Range rows = {stack.rows * group / groups, stack.rows * (group + 1) / groups};
            const Index start = panel * PANEL<T>;
            if constexpr (ByteLayer<T, From>::exists)
                if (bytes_.used()) {
                    bytes_.descend(source_, layer, rows, start, desk.bytes.gradient, kept_, ld_,
                                   batch.n, rules, fetch);
                    continue;
                }
            T* X = course_->few ? desk.panels + place_in_panel<T>(start, batch.n) : desk.piece;
            if (!course_->few) fill_panel(source_, batch.rows, batch.n, panel, kept_, ld_, X);
            descend_panel(layer.W + start, layer.stride, rows,
                          smaller(PANEL<T>, padded<T>(layer.below) - start), batch.dS1, batch.ld, X,
                          batch.n, rules, layer.width, fetch);
        }
    }

    // Rows of W_1 between two calls of the fetch.
    Index tile_rows() const {
        if constexpr (ByteLayer<T, From>::exists)
            if (bytes_.used()) return DIGIT_ROWS;
        return OUTER_ROWS;
    }

    // A thread fetches those features of the next batch that it multiplies next, where it has
    // panels of its own, and else its share of the rows.
    Fetch fetch_for(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch,
                          Range tasks, Index groups) const {
        const std::int64_t* next = batch.rows + batch.n;
        const Index calls = (tasks.end - tasks.begin) *
                            parts_of(parts_of(stack.rows, groups), tile_rows()) *
                            (PANEL<T> / STRIPE<T>);
        const Index each = sizeof(typename From::Raw), length = source_.inputs * each;
        if (groups == 1)
            return {source_.X_raw, length, next, batch.ahead,
                    {tasks.begin * PANEL<T> * each, smaller(tasks.end * PANEL<T> * each, length)},
                    calls};
        const Range rows = team.share(batch.ahead);
        return {source_.X_raw, length, next + rows.begin, rows.end - rows.begin, {0, length},
                calls};
    }

    // Descends along the gradients that were kept, shortened.
    template <class Rule> void clip(const Parameters<T>& stack, const Crew& team, Index t) {
        const Index units = units_of(stack);
        team.wait();
        for (Index network = 0; network < stack.networks; ++network)
            measure(stack, network, team, squares_ + network * units);
        team.wait();
        for (Index network = 0; network < stack.networks; ++network)
            descend_clipped(stack, network, team, squares_ + network * units,
                            course_->job.update.clip_norm, rule<Rule>(stack, network, t, true));
    }

    // What is done with a network's gradient, or with what clipping left of it, of which λ is a part
    // already.
    template <class Rule>
    Rule rule(const Parameters<T>& stack, Index network, Index t, bool clipped = false) const {
        const Training& job = course_->job;
        const Index p = stack.positions[network];
        const T rate = static_cast<T>(job.rates[t * job.stack.networks + p]);
        const T twice_lam = clipped ? T(0) : static_cast<T>(2 * job.lam[p]);
        if constexpr (std::is_same_v<Rule, GradientDescent<T>>) {
            return {rate, twice_lam};
        } else {
            const Update& update = clipped ? job.update : course_->update;
            const Index slot = update.kind == Update::keep ? stack.slots : 1;
            return {update, job.first_step + t, rate, twice_lam, slot * stack.distance};
        }
    }

    const Course<T, From>* course_;
    From source_; // of the rows as the first layer reads them: made, where they are
    Index ld_;
    bool solo_; // threads take whole networks through the layers above the first: waiting costs more
    T *partial_ = nullptr, *dS1_;
    double* squares_ = nullptr; // of the units' gradients, (networks, units), where they are clipped
    typename From::Raw *kept_ = nullptr, *made_ = nullptr;
    ByteLayer<T, From> bytes_;
    std::int64_t* places_ = nullptr; // 0, 1, 2, …: the rows of what was made
    Desk* desks_;
    Trace<T>* traces_;
};

} // namespace klayer::KLAYER_ISA
