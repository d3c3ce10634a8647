use super::{Deadline, FactKind, RequestKind, Stage, Way};

/// Where a unit stands that is with the customer.
pub(super) const fn home(way: Way) -> Stage {
    match way {
        Way::Ship => Stage::Delivered,
        Way::PickUp => Stage::Collected,
        Way::Digital => Stage::Granted,
    }
}

/// Where a warehouse, carrier or counter fact takes a unit; `None`: it does not fit there. A fact may skip
/// stages, since a later one proves the earlier ones. A refused recall goes back to where it came from, which
/// the run knows and this function does not.
pub(super) fn after_fact(way: Way, stage: Stage, fact: FactKind) -> Option<Stage> {
    let (ship, counter, digital) = (way == Way::Ship, way == Way::PickUp, way == Way::Digital);
    let in_house = stage.is_in_house();
    let step = |to: Stage| (!digital && in_house && stage.rank() < to.rank()).then_some(to);
    match fact {
        FactKind::Allocated => step(Stage::Allocated),
        FactKind::Released => step(Stage::Released),
        FactKind::Picked => step(Stage::Picked),
        FactKind::Packed => step(Stage::Packed),
        FactKind::Verified => step(Stage::Verified),
        FactKind::PickedShort => {
            (!digital && matches!(stage, Stage::Allocated | Stage::Released)).then_some(Stage::Confirmed)
        }
        FactKind::Shipped => (ship && (in_house || stage == Stage::Recalling)).then_some(Stage::Shipped),
        FactKind::Delivered => (ship && matches!(stage, Stage::Shipped | Stage::Recalling | Stage::Lost))
            .then_some(Stage::Delivered),
        FactKind::Lost => (ship && matches!(stage, Stage::Shipped | Stage::Recalling)).then_some(Stage::Lost),
        FactKind::ReceivedBack => {
            let out = matches!(stage, Stage::ReturnComing | Stage::ReturnRequested | Stage::Completed)
                || matches!(stage, Stage::Shipped | Stage::Recalling | Stage::Lost)
                || matches!(stage, Stage::Delivered | Stage::Collected);
            (!digital && out).then_some(Stage::Received)
        }
        FactKind::Inspected => (!digital && stage == Stage::Received).then_some(Stage::Refunded),
        FactKind::Recalled => (!digital && stage == Stage::Recalling).then_some(Stage::Cancelled),
        FactKind::ReadyForPickUp => (counter && in_house).then_some(Stage::ReadyForPickUp),
        FactKind::Collected => {
            let waits = matches!(stage, Stage::ReadyForPickUp | Stage::Recalling);
            (counter && (in_house || waits)).then_some(Stage::Collected)
        }
        FactKind::PickUpLapsed => match stage {
            Stage::ReadyForPickUp if counter => Some(Stage::Lapsed),
            // The counter has it back: that answers the recall.
            Stage::Recalling if counter => Some(Stage::Cancelled),
            _ => None,
        },
        FactKind::Granted => {
            (digital && matches!(stage, Stage::Placed | Stage::Confirmed)).then_some(Stage::Granted)
        }
        FactKind::StockHeld => (stage == Stage::Cancelled).then_some(Stage::Placed),
        FactKind::DeliveryFailed | FactKind::RecallRefused | FactKind::StockGone | FactKind::Payment(_) => {
            None
        }
    }
}

/// Where a request takes a unit; `None`: it does not fit there, or moves no unit.
pub(super) fn after_request(way: Way, stage: Stage, request: RequestKind) -> Option<Stage> {
    match request {
        RequestKind::Confirm => (stage == Stage::Placed).then_some(Stage::Confirmed),
        RequestKind::Cancel => stopped(stage),
        RequestKind::RequestReturn => (stage == home(way)).then_some(Stage::ReturnRequested),
        RequestKind::RequestExchange => {
            (way != Way::Digital && stage == home(way)).then_some(Stage::ReturnRequested)
        }
        RequestKind::ApproveReturn => {
            let to = if way == Way::Digital { Stage::Refunded } else { Stage::ReturnComing };
            (stage == Stage::ReturnRequested).then_some(to)
        }
        RequestKind::RejectReturn => (stage == Stage::ReturnRequested).then_some(home(way)),
        RequestKind::Reship => (stage == Stage::Lost).then_some(Stage::Exchanged),
        RequestKind::Edit
        | RequestKind::Hold
        | RequestKind::Unhold
        | RequestKind::OpenTender
        | RequestKind::ResumePayment
        | RequestKind::Capture
        | RequestKind::Void
        | RequestKind::AcceptShort => None,
    }
}

/// Where a deadline takes a unit; `None`: it does not concern it.
pub(super) fn after_deadline(way: Way, stage: Stage, deadline: Deadline) -> Option<Stage> {
    match deadline {
        Deadline::Authorisation => None,
        Deadline::PayBy => stopped(stage),
        Deadline::PickUp => (stage == Stage::ReadyForPickUp).then_some(Stage::Lapsed),
        Deadline::ReturnArrival => (stage == Stage::ReturnComing).then_some(home(way)),
        Deadline::ReturnWindow => (stage == home(way)).then_some(Stage::Completed),
    }
}

/// Where a cancellation takes a unit: at once before release, by recall after it, with its money if lost.
pub(super) fn stopped(stage: Stage) -> Option<Stage> {
    if stage.is_before_release() {
        return Some(Stage::Cancelled);
    }
    match stage {
        Stage::Released
        | Stage::Picked
        | Stage::Packed
        | Stage::Verified
        | Stage::ReadyForPickUp
        | Stage::Shipped => Some(Stage::Recalling),
        Stage::Lost => Some(Stage::Refunded),
        Stage::Placed
        | Stage::Confirmed
        | Stage::Allocated
        | Stage::Delivered
        | Stage::Collected
        | Stage::Granted
        | Stage::Completed
        | Stage::Recalling
        | Stage::ReturnRequested
        | Stage::ReturnComing
        | Stage::Received
        | Stage::Cancelled
        | Stage::Lapsed
        | Stage::Refunded
        | Stage::Exchanged => None,
    }
}
