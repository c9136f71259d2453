//! Random numbers for scheduling choices: which victim to steal from, which ready arm of a select.
//!
//! Promise: three instructions on the way, one word of state, the same sequence from the same seed
//! on every machine (a failing schedule can be replayed). Not for secrets.
//!
//! The generator is wyrand: a Weyl sequence through one widening multiplication. Rejected: xorshift
//! (a zero seed stays zero, low bits are weak), PCG (needs a rotate and a second multiplication),
//! the operating system (a call).

/// A small, fast generator of random numbers. Not for secrets.
///
/// # Examples
/// ```
/// use gorge_base::Rng;
/// let (mut a, mut b) = (Rng::new(7), Rng::new(7));
/// assert_eq!(a.next_u64(), b.next_u64());
/// assert!(a.below(6) < 6);
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator whose sequence depends only on `seed`. Any seed will do, zero too.
    #[inline]
    pub const fn new(seed: u64) -> Self {
        Rng { state: seed }
    }

    /// The next 64 random bits.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0xa076_1d64_78bd_642f);
        let product = (self.state as u128) * ((self.state ^ 0xe703_7ed1_a0b4_28db) as u128);
        (product >> 64) as u64 ^ product as u64
    }

    /// The next 32 random bits.
    #[inline]
    pub const fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A number below `n`, each equally likely; 0 when `n` is 0.
    ///
    /// Lemire's method: the high half of `random * n`. The few products that would make some
    /// numbers likelier are drawn again, so there is no bias at all; for small `n` this happens
    /// about once in `2^32 / n` calls.
    #[inline]
    pub const fn below(&mut self, n: u32) -> u32 {
        let product = self.next_u32() as u64 * n as u64;
        if (product as u32) < n {
            return self.below_slow(n, product);
        }
        (product >> 32) as u32
    }

    /// The rare half of [`Rng::below`]: `product` may lie in the part to be drawn again.
    #[cold]
    const fn below_slow(&mut self, n: u32, mut product: u64) -> u32 {
        let threshold = match n {
            0 => return 0,
            n => n.wrapping_neg() % n, // 2^32 mod n: this many products are too many
        };
        while (product as u32) < threshold {
            product = self.next_u32() as u64 * n as u64;
        }
        (product >> 32) as u32
    }

    /// Puts the items into a random order, each order equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        debug_assert!(items.len() <= u32::MAX as usize);
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn a_constant_generator_is_possible() {
        const FIRST: u64 = Rng::new(0).next_u64();
        assert_eq!(FIRST, Rng::new(0).next_u64());
        assert_ne!(FIRST, Rng::new(1).next_u64());
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut rng = Rng::new(42);
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
        for n in [2u32, 3, 7, 61] {
            let mut seen = vec![0u32; n as usize];
            for _ in 0..n * 1000 {
                seen[rng.below(n) as usize] += 1;
            }
            // 1000 expected, standard deviation under 32: 200 is more than six of them.
            assert!(seen.iter().all(|count| count.abs_diff(1000) < 200), "{n}: {seen:?}");
        }
    }

    #[test]
    fn below_has_no_bias_where_modulo_would() {
        // Taken modulo 3 * 2^30, the first third of the numbers would be twice as likely.
        let n = 3 << 30;
        let mut rng = Rng::new(3);
        let low = (0..30_000).filter(|_| rng.below(n) < n / 3).count();
        assert!(low.abs_diff(10_000) < 500, "{low} of 30000 in the first third");
    }

    #[test]
    fn every_order_comes_up() {
        let mut rng = Rng::new(1);
        let mut seen = std::collections::HashMap::new();
        for _ in 0..6000 {
            let mut items = [0, 1, 2];
            rng.shuffle(&mut items);
            *seen.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| count.abs_diff(1000) < 200), "{seen:?}");
    }
}
