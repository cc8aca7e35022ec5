{# What a segment can be called, each name a claim over a single customer: `claim` in words,
   `predicate` in SQL over the facts of int_customer_claims, `action` for marketing. The
   order decides between names that tell a segment apart about equally well. A name with
   `highest_return` is given only while the segment's customers of three months before the
   fit came back less often than that many times the average, one with `lowest_return`
   only while they came back at least as often; one with `lowest_revenue_index` only to a
   segment with at least that many times its share of customers in revenue. #}
{% macro list_name_claims() %}
{%- set claims -%}
returned_everything:
  name: Customers who returned everything
  claim: returned all they bought in the window
  predicate: monetary <= 0 and return_rate > 0
  action: Ask why before the next offer; leave out of campaigns
returners:
  name: Returners
  claim: returned at least half of the money they paid in the window
  predicate: return_rate >= 0.5
  action: Better product information and size advice
new:
  name: New customers
  claim: first purchase within the last 90 days, or a quarter of a shorter history
  predicate: is_new
  action: Welcome series, incentive for the next purchase
champions:
  name: Champions
  claim: >-
    at least three purchase days, not lapsed, and in the best fifth in at least two
    of recency, frequency and monetary
  predicate: frequency >= 3 and overdue_ratio <= 3 and best_fifths >= 2
  lowest_revenue_index: 1.5
  action: Reward, early access, referrals; no discounts
cannot_lose:
  name: 'Can''t lose them'
  claim: >-
    at least three purchase days, in the best fifth of spend, overdue by more than
    two gaps
  predicate: frequency >= 3 and overdue_ratio > 2 and monetary_score = 5
  action: Strongest win-back offer
loyal_high_spend:
  name: Loyal high spenders
  claim: >-
    at least three purchase days, not lapsed, in the best two fifths of frequency
    and of spend
  predicate: >-
    frequency >= 3 and overdue_ratio <= 3 and frequency_score >= 4 and
    monetary_score >= 4
  action: Loyalty programme, early access
frequent_small:
  name: Frequent small-basket buyers
  claim: >-
    at least three purchase days, not lapsed, average purchase at most three
    quarters of the median
  predicate: frequency >= 3 and overdue_ratio <= 3 and basket_index <= 0.75
  action: Bundles, threshold for free delivery
occasional_big:
  name: Occasional big-basket buyers
  claim: >-
    two purchase days or more, not lapsed, outside the best two fifths of frequency,
    average purchase at least 1.5 times the median
  predicate: >-
    frequency >= 2 and overdue_ratio <= 3 and frequency_score <= 3 and basket_index
    >= 1.5
  action: Replenishment reminders, premium range
at_risk:
  name: At risk
  claim: at least three purchase days, overdue by more than two gaps
  predicate: frequency >= 3 and overdue_ratio > 2
  action: Win-back on the last categories bought
slipping_high_spend:
  name: Slipping high spenders
  claim: >-
    two purchase days or more, in the best two fifths of spend, overdue by more than
    one and a half gaps
  predicate: frequency >= 2 and monetary_score >= 4 and overdue_ratio > 1.5
  action: Personal, time-limited offer
lost:
  name: Lost customers
  claim: overdue by more than three gaps, nothing bought in the last half of the window
  predicate: overdue_ratio > 3 and recency_days > history_days / 2.0
  highest_return: 0.5
  action: Leave out of paid campaigns
lapsed_one_time:
  name: Lapsed one-time buyers
  claim: 'one purchase day ever, more than three of the shop''s usual gaps ago'
  predicate: is_one_time and overdue_ratio > 3
  highest_return: 1
  action: One low-cost reactivation mail
lapsed_big:
  name: Lapsed big-basket buyers
  claim: overdue by more than three gaps, average purchase at least 1.5 times the median
  predicate: overdue_ratio > 3 and basket_index >= 1.5
  highest_return: 1
  action: Seasonal win-back
lapsed_repeat:
  name: Lapsed repeat buyers
  claim: two purchase days or more, overdue by more than three gaps
  predicate: frequency >= 2 and overdue_ratio > 3
  highest_return: 1
  action: Low-cost seasonal mail
cooling_regular:
  name: Cooling regulars
  claim: at least three purchase days, overdue by one and a half to three gaps
  predicate: frequency >= 3 and overdue_ratio > 1.5 and overdue_ratio <= 3
  action: Personal reminder, small time-limited offer
about_to_sleep:
  name: About to sleep
  claim: one or two purchase days, overdue by one and a half to three gaps
  predicate: frequency <= 2 and overdue_ratio > 1.5 and overdue_ratio <= 3
  action: One reminder mail
one_time_big:
  name: One-time big-basket buyers
  claim: one purchase day ever, of at least 1.5 times the median
  predicate: is_one_time and basket_index >= 1.5
  action: Personal follow-up, reason for a second purchase
one_time_small:
  name: One-time small-basket buyers
  claim: one purchase day ever, of at most three quarters of the median
  predicate: is_one_time and basket_index <= 0.75
  action: Reason for a second purchase, bundles
one_time:
  name: One-time buyers
  claim: one purchase day ever
  predicate: is_one_time
  action: Reason for a second purchase
promising:
  name: Promising newcomers
  claim: two purchase days or more, the first in the last half of the window, not lapsed
  predicate: frequency >= 2 and tenure_days < history_days / 2.0 and overdue_ratio <= 3
  action: Offer from a second category
loyal:
  name: Loyal customers
  claim: at least three purchase days, not lapsed, in the best two fifths of frequency
  predicate: frequency >= 3 and overdue_ratio <= 3 and frequency_score >= 4
  action: Loyalty programme, cross-sell
low_spend:
  name: Low spenders
  claim: not lapsed, in the lowest two fifths of frequency and of spend
  predicate: overdue_ratio <= 3 and frequency_score <= 2 and monetary_score <= 2
  action: Offer from a second category, bundles
regular:
  name: Regular customers
  claim: at least three purchase days, not lapsed
  predicate: frequency >= 3 and overdue_ratio <= 3
  action: Cross-sell between categories
paused:
  name: Customers on a pause
  claim: overdue by more than three gaps, yet such customers come back
  predicate: overdue_ratio > 3
  lowest_return: 1
  action: 'Remind in time: such customers come back as often as others'
occasional:
  name: Occasional buyers
  claim: one or two purchase days, not lapsed
  predicate: frequency <= 2 and overdue_ratio <= 3
  action: Reminder, offer from a second category
repeat:
  name: Repeat customers
  claim: two purchase days or more, not lapsed
  predicate: frequency >= 2 and overdue_ratio <= 3
  action: Cross-sell between categories
rare_low_spend:
  name: Rare low spenders
  claim: in the lowest fifth of frequency and of spend
  predicate: frequency_score = 1 and monetary_score = 1
  action: Low-cost mails only
lapsed:
  name: Lapsed customers
  claim: overdue by more than three gaps
  predicate: overdue_ratio > 3
  highest_return: 1
  action: Low-cost seasonal mail
active:
  name: Active customers
  claim: 'not lapsed: last purchase at most three gaps ago'
  predicate: overdue_ratio <= 3
  action: Cross-sell between categories
{%- endset -%}
{%- set listed = [] -%}
{%- for key, claim in fromyaml(claims).items() -%}
    {%- do listed.append(dict(claim, key=key)) -%}
{%- endfor -%}
{{- return(listed) -}}
{% endmacro %}


{# Does the claim named by `key` hold for the customer in a row of int_customer_claims? Null
   for a key of an earlier release. #}
{% macro holds_claim(key, customer) -%}
case {{ key }}
    {%- for claim in customer_segmentation.list_name_claims() %}
    when '{{ claim.key }}' then {{ customer }}.is_{{ claim.key }}
    {%- endfor %}
end
{%- endmacro %}
