//! After <https://github.com/golang/go/blob/master/test/chan/powser1.go>
//!
//! Power series as streams of coefficients on demand channels (McIlroy,
//! "Squinting at Power Series"). It is written in a style of its own here: a
//! series is a stream that sends when asked, and ends when nobody asks.

use gorge::{Receiver, Sender, channel, go, select};

#[derive(Clone, Copy, Debug, PartialEq)]
struct Ratio {
    over: i64,
    under: i64,
}

fn ratio(over: i64, under: i64) -> Ratio {
    let (mut a, mut b) = (over.abs(), under.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let sign = if under < 0 { -1 } else { 1 };
    Ratio { over: sign * over / a.max(1), under: sign * under / a.max(1) }
}

impl Ratio {
    fn plus(self, other: Ratio) -> Ratio {
        ratio(self.over * other.under + other.over * self.under, self.under * other.under)
    }

    fn times(self, other: Ratio) -> Ratio {
        ratio(self.over * other.over, self.under * other.under)
    }
}

/// A stream of coefficients: one for each request.
struct Series {
    ask: Sender<()>,
    answer: Receiver<Ratio>,
}

/// The other end of a series.
struct Source {
    asked: Receiver<()>,
    answer: Sender<Ratio>,
}

impl Series {
    fn pair() -> (Series, Source) {
        let (ask, asked) = channel(0);
        let (answer, answers) = channel(0);
        (Series { ask, answer: answers }, Source { asked, answer })
    }

    /// A series whose coefficients `f` gives, one for each request, until `None`.
    fn of(mut f: impl FnMut() -> Option<Ratio> + Send + 'static) -> Series {
        let (series, source) = Series::pair();
        drop(go(move || {
            while source.asked.recv().is_ok() {
                match f() {
                    Some(term) if source.answer.send(term).is_ok() => {}
                    _ => return,
                }
            }
        }));
        series
    }

    fn repeat(term: Ratio) -> Series {
        Series::of(move || Some(term))
    }

    fn get(&self) -> Option<Ratio> {
        self.ask.send(()).ok()?;
        self.answer.recv().ok()
    }

    fn take(&self, n: usize) -> Vec<Ratio> {
        (0..n).map_while(|_| self.get()).collect()
    }

    fn add(self, other: Series) -> Series {
        Series::of(move || {
            let (a, b) = both(&self, &other)?;
            Some(a.plus(b))
        })
    }

    fn scale(self, by: Ratio) -> Series {
        Series::of(move || Some(self.get()?.times(by)))
    }

    /// `first + x * self`
    fn shift(self, first: Ratio) -> Series {
        let mut first = Some(first);
        Series::of(move || first.take().or_else(|| self.get()))
    }

    fn differentiate(self) -> Series {
        let mut n = 0;
        Series::of(move || {
            if n == 0 {
                self.get()?;
            }
            n += 1;
            Some(self.get()?.times(ratio(n, 1)))
        })
    }

    fn integrate(self, constant: Ratio) -> Series {
        let mut n = 0;
        let terms = Series::of(move || {
            n += 1;
            Some(self.get()?.times(ratio(1, n)))
        });
        terms.shift(constant)
    }

    /// Two series with the same coefficients, which may be asked at different rates.
    fn split(self) -> (Series, Series) {
        let ((one, to_one), (two, to_two)) = (Series::pair(), Series::pair());
        drop(go(move || {
            let (mut ends, mut queues) = ([to_one, to_two], [Vec::new(), Vec::new()]);
            loop {
                let which = select! {
                    recv(ends[0].asked) -> asked => asked.map(|()| 0),
                    recv(ends[1].asked) -> asked => asked.map(|()| 1),
                };
                let Ok(which) = which else {
                    // One is not needed any more: the other goes on alone.
                    let gone = if ends[0].asked.is_closed() { 0 } else { 1 };
                    if ends[1 - gone].asked.is_closed() {
                        return;
                    }
                    ends[gone].asked = Receiver::nil();
                    continue;
                };
                if queues[which].is_empty() {
                    let Some(term) = self.get() else { return };
                    queues.iter_mut().for_each(|queue: &mut Vec<Ratio>| queue.insert(0, term));
                }
                let term = queues[which].pop().expect("just filled");
                if ends[which].answer.send(term).is_err() {
                    ends[which].asked = Receiver::nil();
                }
            }
        }));
        (one, two)
    }

    /// `(a + x A) (b + x B) = a b + x (a B + b A) + x x A B`
    fn multiply(self, other: Series) -> Series {
        let mut rest: Option<Series> = None;
        let mut factors = Some((self, other));
        Series::of(move || {
            if let Some((left, right)) = factors.take() {
                let (a, b) = both(&left, &right)?;
                let (left1, left2) = left.split();
                let (right1, right2) = right.split();
                let middle = right1.scale(a).add(left1.scale(b));
                let deep = left2.multiply(right2).shift(ratio(0, 1));
                rest = Some(middle.add(deep));
                return Some(a.times(b));
            }
            rest.as_ref()?.get()
        })
    }
}

/// One coefficient from each of two series, asked at the same time.
fn both(a: &Series, b: &Series) -> Option<(Ratio, Ratio)> {
    let mut ask = [Some(&a.ask), Some(&b.ask)];
    let mut answer = [None, None];
    let mut terms = [None; 2];
    for _ in 0..4 {
        select! {
            send(ask[0], ()) -> sent => { sent.ok()?; (ask[0], answer[0]) = (None, Some(&a.answer)) }
            send(ask[1], ()) -> sent => { sent.ok()?; (ask[1], answer[1]) = (None, Some(&b.answer)) }
            recv(answer[0]) -> term => { terms[0] = Some(term.ok()?); answer[0] = None }
            recv(answer[1]) -> term => { terms[1] = Some(term.ok()?); answer[1] = None }
        }
    }
    Some((terms[0]?, terms[1]?))
}

fn ones() -> Series {
    Series::repeat(ratio(1, 1))
}

fn numbers(terms: &[i64]) -> Vec<Ratio> {
    terms.iter().map(|n| ratio(*n, 1)).collect()
}

#[gorge::test(may_leave)]
fn sums_and_products() {
    assert_eq!(ones().add(Series::repeat(ratio(2, 1))).take(5), numbers(&[3; 5]));
    assert_eq!(ones().scale(ratio(-2, 1)).take(5), numbers(&[-2; 5]));
    assert_eq!(ones().multiply(ones()).take(8), numbers(&[1, 2, 3, 4, 5, 6, 7, 8]));
}

#[gorge::test]
fn derivatives_and_integrals() {
    assert_eq!(ones().differentiate().take(6), numbers(&[1, 2, 3, 4, 5, 6]));
    let logarithm = ones().integrate(ratio(0, 1)).take(6);
    let expected = [ratio(0, 1), ratio(1, 1), ratio(1, 2), ratio(1, 3), ratio(1, 4), ratio(1, 5)];
    assert_eq!(logarithm, expected);
    // The arc tangent: the integral of 1 / (1 + x x).
    let mut n = 0;
    let terms = Series::of(move || {
        n += 1;
        Some(ratio([1, 0, -1, 0][(n - 1) % 4], 1))
    });
    let expected = [ratio(0, 1), ratio(1, 1), ratio(0, 1), ratio(-1, 3), ratio(0, 1), ratio(1, 5)];
    assert_eq!(terms.integrate(ratio(0, 1)).take(6), expected);
}

#[gorge::test(may_leave)]
fn a_split_series_at_two_rates() {
    let (one, two) = ones().differentiate().split();
    assert_eq!(one.take(10), numbers(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    assert_eq!(two.take(3), numbers(&[1, 2, 3]));
    drop(one);
    assert_eq!(two.take(9), numbers(&[4, 5, 6, 7, 8, 9, 10, 11, 12]));
}
