//! Elementary functions that are made of ops.

use super::{Operand, Var};

impl<'g> Var<'g> {
    /// The value, held between `low` and `high`. A tie goes to the value, so at the ends the derivative is 1.
    #[track_caller]
    pub fn clip(self, low: impl Into<Operand<'g>>, high: impl Into<Operand<'g>>) -> Var<'g> {
        let (low, high) = (low.into(), high.into());
        if let (Operand::Literal(low), Operand::Literal(high)) = (low, high)
            && low > high
        {
            return self.builder.fail(format!("clip: nothing lies between {low} and {high}"), None);
        }
        self.builder.composed("clip", &[self], |_| self.max(low).min(high))
    }

    /// tan x
    #[track_caller]
    pub fn tan(self) -> Var<'g> {
        self.builder.composed("tan", &[self], |_| self.sin() / self.cos())
    }

    /// sinh x = ½ (e^(x/2) − e^(−x/2)) (e^(x/2) + e^(−x/2)): near 0 the difference keeps its digits, and nothing overflows
    /// before the result does.
    #[track_caller]
    pub fn sinh(self) -> Var<'g> {
        self.builder.composed("sinh", &[self], |_| {
            let half = 0.5 * self;
            0.5 * half.twice_sinh() * (half.exp() + (-half).exp())
        })
    }

    /// cosh x = 1 + ½ (e^(x/2) − e^(−x/2))², whose derivative keeps its digits near 0.
    #[track_caller]
    pub fn cosh(self) -> Var<'g> {
        self.builder.composed("cosh", &[self], |_| {
            let twice = (0.5 * self).twice_sinh();
            1.0 + 0.5 * twice * twice
        })
    }

    /// eˣ − e⁻ˣ, without cancellation near 0.
    #[track_caller]
    fn twice_sinh(self) -> Var<'g> {
        self.expm1() - (-self).expm1()
    }
}
