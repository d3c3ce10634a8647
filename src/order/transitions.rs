use super::{Deadline, FactKind, RequestKind, Stage, Way};

/// What moves a unit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Trigger {
    /// Somebody's request.
    Request(RequestKind),
    /// A fact.
    Fact(FactKind),
    /// A deadline.
    Deadline(Deadline),
}

impl Trigger {
    /// The name as drawn.
    pub const fn name(self) -> &'static str {
        match self {
            Trigger::Request(kind) => kind.name(),
            Trigger::Fact(kind) => kind.name(),
            Trigger::Deadline(deadline) => deadline.name(),
        }
    }
}

/// A row of [`TRANSITIONS`]: units of these methods that stand in one of `from` may go to one of `to`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transition {
    /// For lines of these methods.
    pub ways: &'static [Way],
    /// From one of these stages.
    pub from: &'static [Stage],
    /// By this.
    pub by: Trigger,
    /// To one of these, by the case and the policy.
    pub to: &'static [Stage],
}

const ALL: &[Way] = &Way::ALL;
const SHIP: &[Way] = &[Way::Ship];
const PICK_UP: &[Way] = &[Way::PickUp];
const DIGITAL: &[Way] = &[Way::Digital];
const GOODS: &[Way] = &[Way::Ship, Way::PickUp];

const fn row(ways: &'static [Way], from: &'static [Stage], by: Trigger, to: &'static [Stage]) -> Transition {
    Transition { ways, from, by, to }
}

/// Which requests, facts and deadlines take a unit where: for documents, diagrams and tests. Nothing that
/// decides reads it; a test walks every pair and holds the two equal.
pub const TRANSITIONS: &[Transition] = {
    use Deadline as D;
    use FactKind as F;
    use RequestKind as R;
    use Stage::*;
    use Trigger::{Deadline as On, Fact, Request};
    &[
        row(ALL, &[Placed], Request(R::Confirm), &[Confirmed]),
        row(ALL, &[Placed, Confirmed], Request(R::Edit), &[Cancelled]),
        row(GOODS, &[Allocated], Request(R::Edit), &[Cancelled]),
        row(ALL, &[Placed, Confirmed], Request(R::Cancel), &[Cancelled]),
        row(GOODS, &[Allocated], Request(R::Cancel), &[Cancelled]),
        row(GOODS, &[Released, Picked, Packed, Verified], Request(R::Cancel), &[Recalling]),
        row(SHIP, &[Shipped], Request(R::Cancel), &[Recalling]),
        row(PICK_UP, &[ReadyForPickUp], Request(R::Cancel), &[Recalling]),
        row(SHIP, &[Lost], Request(R::Cancel), &[Refunded]),
        row(SHIP, &[Lost], Request(R::Reship), &[Exchanged]),
        row(SHIP, &[Delivered], Request(R::RequestReturn), &[ReturnRequested]),
        row(PICK_UP, &[Collected], Request(R::RequestReturn), &[ReturnRequested]),
        row(DIGITAL, &[Granted], Request(R::RequestReturn), &[ReturnRequested]),
        row(SHIP, &[Delivered], Request(R::RequestExchange), &[ReturnRequested]),
        row(PICK_UP, &[Collected], Request(R::RequestExchange), &[ReturnRequested]),
        row(GOODS, &[ReturnRequested], Request(R::ApproveReturn), &[ReturnComing]),
        row(DIGITAL, &[ReturnRequested], Request(R::ApproveReturn), &[Refunded]),
        row(SHIP, &[ReturnRequested], Request(R::RejectReturn), &[Delivered]),
        row(PICK_UP, &[ReturnRequested], Request(R::RejectReturn), &[Collected]),
        row(DIGITAL, &[ReturnRequested], Request(R::RejectReturn), &[Granted]),
        row(GOODS, &[Placed, Confirmed], Fact(F::Allocated), &[Allocated]),
        row(GOODS, &[Placed, Confirmed, Allocated], Fact(F::Released), &[Released]),
        row(GOODS, &[Placed, Confirmed, Allocated, Released], Fact(F::Picked), &[Picked]),
        row(GOODS, &[Allocated, Released], Fact(F::PickedShort), &[Confirmed]),
        row(GOODS, &[Placed, Confirmed, Allocated, Released, Picked], Fact(F::Packed), &[Packed]),
        row(GOODS, &[Placed, Confirmed, Allocated, Released, Picked, Packed], Fact(F::Verified), &[Verified]),
        row(
            SHIP,
            &[Placed, Confirmed, Allocated, Released, Picked, Packed, Verified, Recalling],
            Fact(F::Shipped),
            &[Shipped],
        ),
        row(SHIP, &[Shipped, Recalling, Lost], Fact(F::Delivered), &[Delivered]),
        row(SHIP, &[Shipped, Recalling], Fact(F::Lost), &[Lost]),
        row(
            PICK_UP,
            &[Placed, Confirmed, Allocated, Released, Picked, Packed, Verified],
            Fact(F::ReadyForPickUp),
            &[ReadyForPickUp],
        ),
        row(
            PICK_UP,
            &[Placed, Confirmed, Allocated, Released, Picked, Packed, Verified, ReadyForPickUp, Recalling],
            Fact(F::Collected),
            &[Collected],
        ),
        row(PICK_UP, &[ReadyForPickUp], Fact(F::PickUpLapsed), &[Lapsed]),
        row(PICK_UP, &[Recalling], Fact(F::PickUpLapsed), &[Cancelled]),
        row(DIGITAL, &[Placed, Confirmed], Fact(F::Granted), &[Granted]),
        row(GOODS, &[Recalling], Fact(F::Recalled), &[Cancelled]),
        row(SHIP, &[Recalling], Fact(F::RecallRefused), &[Released, Picked, Packed, Verified, Shipped]),
        row(
            PICK_UP,
            &[Recalling],
            Fact(F::RecallRefused),
            &[Released, Picked, Packed, Verified, ReadyForPickUp],
        ),
        row(
            SHIP,
            &[Shipped, Recalling, Lost, Delivered, ReturnRequested, ReturnComing, Completed],
            Fact(F::ReceivedBack),
            &[Received],
        ),
        row(
            PICK_UP,
            &[Recalling, Collected, ReturnRequested, ReturnComing, Completed],
            Fact(F::ReceivedBack),
            &[Received],
        ),
        row(GOODS, &[Received], Fact(F::Inspected), &[Refunded, Exchanged, Completed]),
        row(ALL, &[Cancelled], Fact(F::StockHeld), &[Placed]),
        row(ALL, &[Placed, Confirmed], On(D::PayBy), &[Cancelled]),
        row(GOODS, &[Allocated], On(D::PayBy), &[Cancelled]),
        row(GOODS, &[Released, Picked, Packed, Verified], On(D::PayBy), &[Recalling]),
        row(SHIP, &[Shipped], On(D::PayBy), &[Recalling]),
        row(PICK_UP, &[ReadyForPickUp], On(D::PayBy), &[Recalling]),
        row(SHIP, &[Lost], On(D::PayBy), &[Refunded]),
        row(PICK_UP, &[ReadyForPickUp], On(D::PickUp), &[Lapsed]),
        row(SHIP, &[ReturnComing], On(D::ReturnArrival), &[Delivered]),
        row(PICK_UP, &[ReturnComing], On(D::ReturnArrival), &[Collected]),
        row(SHIP, &[Delivered], On(D::ReturnWindow), &[Completed]),
        row(PICK_UP, &[Collected], On(D::ReturnWindow), &[Completed]),
        row(DIGITAL, &[Granted], On(D::ReturnWindow), &[Completed]),
    ]
};
