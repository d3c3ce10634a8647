//! From a quote to what is placed: discounts into lines and charges.

use crate::id::{FunderId, LineId, Sku};
use crate::money::{Currency, Money};
use crate::order::{Adjustment, ChargeKind, Placement};
use crate::promotion::Quote;

/// Why a quote does not fit what is about to be placed: it was made for another cart.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteMisfit {
    /// A line carries discounts already: a quote was taken over before.
    #[error("line `{line}` carries discounts already; accepted: lines without any")]
    Adjusted {
        /// Which.
        line: LineId,
    },
    /// They are in two currencies.
    #[error("the quote is in {quoted}; accepted: {placed}, as what is placed")]
    Currency {
        /// The quote's.
        quoted: Currency,
        /// What is placed.
        placed: Currency,
    },
    /// A line is on one side only, or its SKU, units or list price differ.
    #[error(
        "line `{line}` is placed as {placed}, quoted as {quoted}; accepted: the same SKU, units and list price"
    )]
    Line {
        /// Which.
        line: LineId,
        /// What is placed, as `3 of mug at 9.00 EUR`; `nothing`: no such line.
        placed: String,
        /// What was quoted, in the same way.
        quoted: String,
    },
    /// Freight charges and quoted shipping differ in number or in price.
    #[error(
        "freight charge {place} is {placed:?}, quoted {quoted:?}; accepted: the same charges in the same order"
    )]
    Freight {
        /// Which, counted from 0 among the freight charges.
        place: usize,
        /// What is placed; `None`: no such charge.
        placed: Option<Money>,
        /// What was quoted; `None`: no such charge.
        quoted: Option<Money>,
    },
}

/// Takes the discounts of a quote over into what is placed: each line gets an [`Adjustment`] for every promotion, funder
/// and run of units that pays alike, and each freight charge, in the order of the quote's shipping, costs what the quote
/// leaves of it. What an order cannot do without a funder's name is paid by `house`.
///
/// Do it before taxes are set: they are the host's, on the prices that this leaves. Gifts ([`Quote::gifts`]) are for
/// the host to add as lines, since they want a seller and a way to the customer.
///
/// # Errors
/// [`QuoteMisfit`], in the order of its variants; `placement` is left as it was then.
///
/// ```
/// # use order_workflow::decision::Explain;
/// # use order_workflow::promotion::*;
/// # use order_workflow::order::*;
/// # use order_workflow::{Currency, Money};
/// use order_workflow::checkout::take_over;
///
/// # let euros = |minor| Money::minor(minor, Currency::EUR);
/// # let line = PlacedLine {
/// #     line: "1".parse()?, sku: "mug".parse()?, seller: "shop".parse()?, units: 3, list: euros(1_000),
/// #     adjustments: vec![], tax: vec![], fulfilment: Fulfilment::Digital,
/// # };
/// # let mut placement = Placement {
/// #     lines: vec![line], charges: vec![], currency: Currency::EUR, terms: Terms::OnDelivery,
/// #     customer: "c-1".parse()?, channel: "web".parse()?, ship_to: None, promise: None,
/// #     quote: None, link: None, notes: Default::default(),
/// # };
/// # let cart = Cart {
/// #     currency: Currency::EUR,
/// #     lines: vec![CartLine::new("1".parse()?, "mug".parse()?, 3, euros(1_000))],
/// #     channel: None, payment_method: None, codes: vec![], shipping: vec![], gift_stock: Default::default(),
/// # };
/// # let book = PromotionBook::compile([
/// #     presets::threshold_amount("five-off".parse()?, Filter::all(), euros(2_000), euros(500))
/// #         .with_funder("brand".parse()?, 1),
/// # ]).map_err(|problems| problems[0].clone())?;
/// # let (shopper, policy) = (Shopper::default(), QuotePolicy::default());
/// # let at = "2026-06-01T10:00:00Z".parse()?;
/// // Three mugs at 10.00, and 5.00 off all of them that the brand pays.
/// let quote = book.quote(&cart, &shopper, at, &policy, Explain::Brief, &mut Scratch::new())?;
/// take_over(&mut placement, &quote, &"house".parse()?)?;
/// let taken: Vec<_> = placement.lines[0].adjustments.iter()
///     .map(|off| (off.funder.to_string(), off.first_unit, off.units, off.per_unit.to_string()))
///     .collect();
/// assert_eq!(taken, [("brand".to_owned(), 0, 2, "1.67 EUR".to_owned()), ("brand".to_owned(), 2, 1, "1.66 EUR".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn take_over(placement: &mut Placement, quote: &Quote, house: &FunderId) -> Result<(), QuoteMisfit> {
    let adjusted = placement.lines.iter().find(|line| !line.adjustments.is_empty());
    if let Some(line) = adjusted {
        return Err(QuoteMisfit::Adjusted { line: line.line.clone() });
    }
    if quote.currency != placement.currency {
        return Err(QuoteMisfit::Currency { quoted: quote.currency, placed: placement.currency });
    }
    check_lines(placement, quote)?;
    check_freight(placement, quote)?;
    for off in quote.adjustments() {
        let Some(line) = placement.lines.iter_mut().find(|line| line.line == off.line) else { continue };
        line.adjustments.push(Adjustment {
            promotion: off.promotion,
            funder: off.funder.unwrap_or_else(|| house.clone()),
            first_unit: off.first_unit,
            units: off.units,
            per_unit: off.each,
        });
    }
    let freight = placement.charges.iter_mut().filter(|charge| charge.kind == ChargeKind::Freight);
    for (charge, quoted) in freight.zip(&quote.shipping) {
        charge.amount = quoted.price.checked_sub(quoted.discount).unwrap_or(charge.amount); // a part of it
    }
    Ok(())
}

fn check_lines(placement: &Placement, quote: &Quote) -> Result<(), QuoteMisfit> {
    let placed = |id: &LineId| placement.lines.iter().find(|line| line.line == *id);
    let quoted = |id: &LineId| quote.lines.iter().find(|line| line.line == *id);
    let ids = placement.lines.iter().map(|line| &line.line).chain(quote.lines.iter().map(|line| &line.line));
    for id in ids {
        let (placed, quoted) = (
            placed(id).map(|line| (&line.sku, line.units, line.list)),
            quoted(id).map(|line| (&line.sku, line.units, line.list)),
        );
        if placed != quoted {
            let shown = |line: Option<(&Sku, u32, Money)>| match line {
                Some((sku, units, list)) => format!("{units} of {sku} at {list}"),
                None => "nothing".to_owned(),
            };
            let (placed, quoted) = (shown(placed), shown(quoted));
            return Err(QuoteMisfit::Line { line: id.clone(), placed, quoted });
        }
    }
    Ok(())
}

fn check_freight(placement: &Placement, quote: &Quote) -> Result<(), QuoteMisfit> {
    let freight = placement.charges.iter().filter(|charge| charge.kind == ChargeKind::Freight);
    let mut freight = freight.map(|charge| charge.amount);
    let mut shipping = quote.shipping.iter().map(|shipping| shipping.price);
    for place in 0.. {
        match (freight.next(), shipping.next()) {
            (None, None) => break,
            (placed, quoted) if placed == quoted => {}
            (placed, quoted) => return Err(QuoteMisfit::Freight { place, placed, quoted }),
        }
    }
    Ok(())
}
