#[gorge::test(virtual)]
fn misspelt() {}

#[gorge::test(explore(walks = 3))]
fn unknown() {}

#[gorge::test(explore(random = 10, exhaustive))]
fn two_plans() {}

#[gorge::test(explore(exhaustive, schedules = 10))]
fn all_of_ten() {}

#[gorge::test(virtual_time, may_leave)]
fn two() {}

fn main() {}
