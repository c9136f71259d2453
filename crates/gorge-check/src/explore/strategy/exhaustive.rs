//! All schedules: a walk through the tree of decisions, depth first.
//!
//! Partial-order reduction by sleep sets (Godefroid): when one goroutine's next
//! operation has been explored from here, and another one's comes first instead,
//! the former need not be tried again until something has happened that matters to
//! it. So of the schedules that differ only in the order of operations which do not concern
//! each other one is run to its end; the others are left as soon as that shows.
//!
//! Two operations concern each other if they are on the same object and not both only
//! look. What an operation is about is what it says to `probe::point`; one that
//! touches several objects (select, a condition) concerns everything.
//!
//! With a bound on preemptions there is no reduction: the one schedule that would
//! stand for the others may be beyond the bound.

use gorge_base::probe::Op;
use gorge_sched::bubble::Seat;

use super::question::{Question, Strategy, Way};

/// Sleep sets are kept for so many goroutines; programs with more are explored in full.
const MOST: usize = 64;

/// A decision on the way from the root to where we are.
#[derive(Debug)]
struct Node {
    ways: Vec<Way>,
    taken: usize,
    /// Goroutines that need not be tried here.
    sleep: u64,
    /// Goroutines that have been tried here.
    tried: u64,
    /// Taking anything but the first is a preemption; and how many there were before.
    stays: bool,
    preemptions: u32,
    print: u64,
}

#[derive(Debug)]
pub(crate) struct Exhaustive {
    bound: Option<u32>,
    nodes: Vec<Node>,
    depth: usize,
    sleep: u64,
    preemptions: u32,
    /// All that could go on has been tried elsewhere.
    redundant: bool,
    parted: Option<usize>,
    reduce: bool,
    spare: Vec<Vec<Way>>,
}

impl Exhaustive {
    pub(crate) fn new(bound: Option<u32>) -> Exhaustive {
        Exhaustive {
            bound,
            nodes: Vec::new(),
            depth: 0,
            sleep: 0,
            preemptions: 0,
            redundant: false,
            parted: None,
            reduce: bound.is_none(),
            spare: Vec::new(),
        }
    }

    /// Who still sleeps after this goroutine's next operation.
    fn after(sleep: u64, seat: usize, seats: &[Seat]) -> u64 {
        let mut still = 0;
        let mut rest = sleep;
        while rest != 0 {
            let other = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if other != seat && other < seats.len() && independent(&seats[other], &seats[seat]) {
                still |= 1 << other;
            }
        }
        still
    }

    /// The first possibility from `from` on that is worth trying.
    fn next_way(&self, node: &Node, from: usize) -> Option<usize> {
        let out_of_preemptions =
            node.stays && self.bound.is_some_and(|bound| node.preemptions >= bound);
        (from..node.ways.len()).find(|index| match node.ways[*index] {
            _ if out_of_preemptions && *index > 0 => false,
            Way::Go(seat) if self.reduce && seat < MOST => node.sleep & 1 << seat == 0,
            _ => true,
        })
    }
}

impl Strategy for Exhaustive {
    fn begin(&mut self) {
        self.depth = 0;
        self.sleep = 0;
        self.preemptions = 0;
        self.redundant = false;
        self.parted = None;
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        if self.redundant {
            return 0;
        }
        let seats = question.turn.seats;
        let mut explored = 0;
        let way;
        let mut taken = 0;
        if let [only] = question.ways {
            way = *only;
            if let Way::Go(seat) = way
                && self.reduce
                && seat < MOST
                && self.sleep & 1 << seat != 0
            {
                self.redundant = true;
                return 0;
            }
        } else {
            if let Some(node) = self.nodes.get(self.depth) {
                if node.print != question.print || node.ways != question.ways {
                    self.parted.get_or_insert(question.at);
                    self.redundant = true;
                    return 0;
                }
                self.sleep = node.sleep;
            } else {
                let mut ways = self.spare.pop().unwrap_or_default();
                ways.clear();
                ways.extend_from_slice(question.ways);
                let mut node = Node {
                    ways,
                    taken: 0,
                    sleep: self.sleep,
                    tried: 0,
                    stays: question.stays,
                    preemptions: self.preemptions,
                    print: question.print,
                };
                match self.next_way(&node, 0) {
                    Some(first) => node.taken = first,
                    None => {
                        self.redundant = true;
                        return 0;
                    }
                }
                self.nodes.push(node);
            }
            let node = &self.nodes[self.depth];
            self.depth += 1;
            taken = node.taken;
            way = node.ways[taken];
            explored = node.tried;
            self.preemptions += u32::from(question.stays && taken > 0);
        }
        if self.reduce {
            self.sleep = match way {
                Way::Go(seat) => Self::after(self.sleep | explored, seat, seats),
                Way::Time => 0,
            };
        }
        taken
    }

    fn value(&mut self, n: u32, at: usize, print: u64) -> u32 {
        if self.redundant {
            return 0;
        }
        if self.nodes.len() == self.depth {
            let mut ways = self.spare.pop().unwrap_or_default();
            ways.clear();
            // What they stand for does not matter: there is no reduction among them.
            ways.resize(n as usize, Way::Time);
            self.nodes.push(Node {
                ways,
                taken: 0,
                sleep: self.sleep,
                tried: 0,
                stays: false,
                preemptions: self.preemptions,
                print,
            });
        }
        let node = &self.nodes[self.depth];
        if node.print != print || node.ways.len() != n as usize {
            self.parted.get_or_insert(at);
            self.redundant = true;
            return 0;
        }
        self.depth += 1;
        node.taken as u32
    }

    fn end(&mut self, _: usize) -> bool {
        // The next path: the deepest decision at which something is left to try.
        self.nodes.truncate(self.depth);
        while let Some(mut node) = self.nodes.pop() {
            if let Way::Go(seat) = node.ways[node.taken]
                && seat < MOST
            {
                node.tried |= 1 << seat;
            }
            if let Some(next) = self.next_way(&node, node.taken + 1) {
                node.taken = next;
                self.nodes.push(node);
                return true;
            }
            self.spare.push(node.ways);
        }
        false
    }

    fn parted(&self) -> Option<usize> {
        self.parted
    }
}

/// What an operation is about.
#[derive(PartialEq, Eq)]
enum About {
    Nothing,
    Object { address: usize, looks: bool },
    Everything,
}

fn about(seat: &Seat) -> About {
    let pending = &seat.pending;
    match pending.op {
        None | Some(Op::Yield | Op::Sleep | Op::Go | Op::Join) => About::Nothing,
        Some(Op::Select | Op::Wait) => About::Everything,
        Some(_) if pending.object == 0 => About::Everything,
        Some(op) => About::Object {
            address: pending.object,
            looks: matches!(op, Op::Load | Op::Read) && !pending.woken,
        },
    }
}

fn independent(a: &Seat, b: &Seat) -> bool {
    match (about(a), about(b)) {
        (About::Nothing, _) | (_, About::Nothing) => true,
        (About::Everything, _) | (_, About::Everything) => false,
        (About::Object { address: a, looks: x }, About::Object { address: b, looks: y }) => {
            a != b || (x && y)
        }
    }
}
