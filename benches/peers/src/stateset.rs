//! `stateset-core`: its evaluator of promotions. It knows no units by category: a rule becomes *the category is in the
//! cart*, and one that wants more than the cart holds asks for as much of the whole cart as it has not, which is answered
//! sooner than a count by category would be.

use std::collections::HashMap;

use order_workflow::promotion::Cart;
use rust_decimal::Decimal;
use serde_json::json;
use stateset_core::{
    ApplyPromotionsRequest, ApplyPromotionsResult, Promotion, PromotionLineItem, evaluate_promotions,
};
use uuid::Uuid;

use crate::Rule;

/// A category's id: the same for the same name.
fn id(category: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, category.as_bytes())
}

/// As the evaluator takes them: by value.
pub type Candidates = Vec<(Promotion, Option<String>)>;

pub fn candidates(rules: &[Rule]) -> Candidates {
    let since = "2020-01-01T00:00:00Z";
    let one = |(n, rule): (usize, &Rule)| {
        let name = Uuid::from_u128(n as u128 + 1);
        let condition = |kind: &str, operator: &str, value: String| {
            json!({
                "id": Uuid::nil(), "promotion_id": name, "condition_type": kind, "operator": operator,
                "value": value, "is_required": true,
            })
        };
        let mut conditions = vec![condition("category_in_cart", "in", id(&rule.category).to_string())];
        if rule.at_least > 2 {
            conditions.push(condition("minimum_quantity", "greater_than_or_equal", "1000".to_owned()));
        }
        let promotion = json!({
            "id": name, "code": format!("P{n:06}"), "name": format!("P{n}"),
            "promotion_type": "percentage_off", "trigger": "automatic", "target": "order",
            "stacking": "stackable", "status": "active", "percentage_off": "0.05",
            "starts_at": since, "usage_count": 0, "conditions": conditions,
            "applicable_product_ids": [], "applicable_category_ids": [id(&rule.category)],
            "applicable_skus": [], "excluded_product_ids": [], "excluded_category_ids": [],
            "eligible_customer_ids": [], "eligible_customer_groups": [], "currency": "EUR", "priority": 0,
            "created_at": since, "updated_at": since,
        });
        (serde_json::from_value(promotion).expect("a promotion"), None)
    };
    rules.iter().enumerate().map(one).collect()
}

pub fn request(cart: &Cart) -> ApplyPromotionsRequest {
    let line = |line: &order_workflow::promotion::CartLine| {
        let price = Decimal::new(line.unit_price.minor_units(), 2);
        PromotionLineItem {
            id: line.line.to_string(),
            product_id: None,
            variant_id: None,
            sku: Some(line.sku.to_string()),
            category_ids: vec![id(&line.category)],
            quantity: i32::try_from(line.units).expect("few units"),
            unit_price: price,
            line_total: price * Decimal::from(line.units),
        }
    };
    let line_items: Vec<PromotionLineItem> = cart.lines.iter().map(line).collect();
    ApplyPromotionsRequest {
        cart_id: None,
        customer_id: None,
        coupon_codes: vec![],
        subtotal: line_items.iter().map(|item| item.line_total).sum(),
        line_items,
        shipping_amount: Decimal::ZERO,
        shipping_country: None,
        shipping_state: None,
        currency: "EUR".parse().expect("a currency"),
        is_first_order: false,
    }
}

pub fn matching(request: &ApplyPromotionsRequest, candidates: Candidates) -> Vec<usize> {
    let mut result = ApplyPromotionsResult::default();
    evaluate_promotions(request, candidates, &HashMap::new(), &mut result).expect("an evaluation");
    let number = |code: &str| code.trim_start_matches('P').parse().expect("named by number");
    let mut all: Vec<usize> =
        result.applied_promotions.iter().map(|one| number(&one.promotion_code)).collect();
    all.sort_unstable();
    all
}
