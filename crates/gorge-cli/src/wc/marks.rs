//! Sixty-four bytes at a time, as three numbers with one bit for each byte.
//!
//! ```text
//!   bytes    t  h  e     c  a  t  \0 ..     the first byte is the lowest bit
//!   print    1  1  1  0  1  1  1  0         ASCII that can be seen
//!   space    0  0  0  1  0  0  0  0         ASCII white space
//!   high     0  0  0  0  0  0  0  0         not ASCII
//! ```
//!
//! Always true: no byte is marked twice. The ASCII half is the same in every charset.

use wide::i8x16;

/// What kinds of bytes stand where in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// 33 to 126.
    pub(crate) print: u64,
    /// 9 to 13, and 32.
    pub(crate) space: u64,
    /// 128 and above.
    pub(crate) high: u64,
}

/// How many bytes are looked at together.
pub(crate) const BLOCK: usize = 64;

impl Marks {
    /// Looks at the block, sixteen bytes by one instruction where the processor can.
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        let every = i8x16::splat;
        let mut marks = Marks { print: 0, space: 0, high: 0 };
        for (n, part) in block.as_chunks::<16>().0.iter().enumerate() {
            // As signed numbers, what is high is below everything.
            let bytes = i8x16::new(part.map(u8::cast_signed));
            let print = bytes.simd_gt(every(32)) & bytes.simd_lt(every(127));
            let breaks = bytes.simd_gt(every(8)) & bytes.simd_lt(every(14));
            let space = bytes.simd_eq(every(32)) | breaks;
            let bits = |marked: i8x16| u64::from(marked.to_bitmask()) << (16 * n);
            marks.print |= bits(print);
            marks.space |= bits(space);
            marks.high |= bits(bytes);
        }
        marks
    }

    /// The definition.
    #[cfg(test)]
    fn one_by_one(block: &[u8; BLOCK]) -> Self {
        let bits = |is: fn(u8) -> bool| {
            let marked = block.iter().rev().map(|&byte| u64::from(is(byte)));
            marked.fold(0, |bits, bit| bits << 1 | bit)
        };
        Self {
            print: bits(|byte| (33..=126).contains(&byte)),
            space: bits(|byte| matches!(byte, 9..=13 | 32)),
            high: bits(|byte| byte >= 128),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255 {
            for place in 0..BLOCK {
                let mut block = [b'a'; BLOCK];
                block[place] = byte;
                assert_eq!(Marks::of(&block), Marks::one_by_one(&block), "{byte} at {place}");
            }
        }
    }
}
