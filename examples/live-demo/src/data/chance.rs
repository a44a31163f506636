//! Chance that is the same every time: the generator `SplitMix64`.

/// A source of numbers that its seed decides.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, this one.
    pub(super) fn below_u32(&mut self, bound: u32) -> u32 {
        // The upper half of the bits are the better ones.
        u32::try_from(self.next() >> 32).unwrap_or_default() % bound
    }

    /// The same for places in lists and ids.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.below_u32(u32::try_from(bound).unwrap_or(u32::MAX)) as usize
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}
