// The first layer in the way that suits its rows: few features are multiplied by as layers above do
// it, raw bytes as bytes where the processor can, all others in standardised pieces.
#pragma once

#include "batch.hpp"
#include "byte_layer.hpp"

namespace klayer::KLAYER_ISA {

// Room for batches of so many rows, to be read by some threads together; what a batch reads is kept
// for its way back only where the layer `trains`.
template <class T, class From> class FirstLayer {
    using Raw = typename From::Raw;

  public:
    FirstLayer(const From& source, Index units, Index longest, Index ld, int threads, bool trains,
               Memory& memory)
        : source_(source), few_(source.inputs <= FEW<T>), ld_(ld), pairs_(pairs_of<T>(source.inputs)),
          desks_(take<Desk>(memory, threads)) {
        if (!few_) {
            bytes_ = ByteLayer<T, From>(source, longest);
            partial_ = take<T>(memory, pairs_ * units * ld);
            if (From::bytes && trains) kept_ = take<Raw>(memory, (source.inputs + PANEL<T>) * ld);
        }
        for (int i = 0; i < threads; ++i) {
            Desk& desk = desks_[i];
            desk.piece = take_piece<T>(memory, trains ? longest : 0);
            if (few_) desk.panels = take<T>(memory, FEW<T> * ld);
            if (few_) desk.X = take<T>(memory, FEW<T> * ld);
            if (bytes_.used()) desk.bytes = {trains ? units : 0, longest, memory};
        }
    }

    T* piece(const Crew& team) const { return desks_[team.index].piece; }

    // Whether a thread that multiplies by some columns of W_1 is the one that updates them.
    bool owns_columns(const Crew& team) const {
        return pairs_ % team.size == 0 && pairs_ * PAIR * BLOCK<T> == source_.inputs;
    }

    // Reads a batch, and multiplies it where features are many: the products are then all there.
    void read(const Parameters<T>& stack, const Crew& team, Batch<T>& batch) const {
        const Desk& desk = desks_[team.index];
        if (few_) {
            read_both_ways(source_, batch.rows, batch.n, desk.panels, desk.X, ld_);
            batch.X = desk.X;
            return;
        }
        if (bytes_.used())
            bytes_.multiply(stack, source_, team, batch.rows, batch.n, desk.bytes, kept_, partial_,
                            ld_);
        else
            multiply_pieces(stack, source_, team, batch.rows, batch.n, desk.piece, kept_, partial_,
                            ld_);
        batch.partial = partial_;
        batch.pairs = pairs_;
        team.wait();
    }

    // Descends along dS_1 · Xᵀ of the batch that was read. Shares the panels of features; where they
    // are few, the rows of W_1 as well.
    template <class Rule>
    void descend(const Parameters<T>& stack, const Crew& team, const Batch<T>& batch,
                 const Rule* rules) const {
        const Layer<T>& layer = stack.layers[1];
        const Index panels = parts_of(layer.below, PANEL<T>);
        const Index groups = panels >= 8 * team.size ? 1 : team.size;
        const Range mine = team.share(panels * groups);
        Desk& desk = desks_[team.index];
        Fetch fetch = fetch_for(team, batch, mine, parts_of(stack.rows, groups), groups == 1);
        if (bytes_.used()) desk.bytes.split_gradient(batch.dS1, ld_, stack.rows, batch.n);
        for (Index task = mine.begin; task < mine.end; ++task) {
            const Index start = task / groups * PANEL<T>, group = task % groups;
            const Range rows = {stack.rows * group / groups, stack.rows * (group + 1) / groups};
            if (bytes_.used()) {
                bytes_.descend(source_, layer, rows, start, desk.bytes, kept_, ld_, batch.n, rules,
                               fetch);
                continue;
            }
            T* X = few_ ? desk.panels + place_in_panel<T>(start, batch.n) : desk.piece;
            if (!few_) fill_panel(source_, batch.rows, batch.n, start, kept_, ld_, X);
            descend_panel(layer.W + start, layer.stride, rows,
                          smaller(PANEL<T>, padded<T>(layer.below) - start), batch.dS1, ld_, X,
                          batch.n, rules, layer.width, fetch);
        }
    }

  private:
    // What one thread works with.
    struct Desk {
        T* piece;      // of rows
        T *panels, *X; // a whole batch both ways, where features are few
        typename ByteLayer<T, From>::Desk bytes;
    };

    // A thread fetches those features of the next batch that it multiplies next, where it has
    // panels of its own, and else its share of the rows.
    Fetch fetch_for(const Crew& team, const Batch<T>& batch, Range tasks, Index rows,
                    bool own_panels) const {
        const std::int64_t* next = batch.rows + batch.n;
        const Index tiles = parts_of(rows, bytes_.used() ? DIGIT_ROWS : OUTER_ROWS);
        const Index calls = (tasks.end - tasks.begin) * tiles * (PANEL<T> / STRIPE<T>);
        const Index each = sizeof(Raw), length = source_.inputs * each;
        if (own_panels)
            return {source_.X_raw, length, next, batch.ahead,
                    {tasks.begin * PANEL<T> * each, smaller(tasks.end * PANEL<T> * each, length)},
                    calls};
        const Range mine = team.share(batch.ahead);
        return {source_.X_raw, length, next + mine.begin, mine.end - mine.begin, {0, length}, calls};
    }

    From source_;
    bool few_;
    Index ld_, pairs_;
    Desk* desks_;
    ByteLayer<T, From> bytes_;
    T* partial_ = nullptr; // (pairs, units, ld)
    Raw* kept_ = nullptr;
};

} // namespace klayer::KLAYER_ISA
