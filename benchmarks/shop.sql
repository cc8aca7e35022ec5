-- A shop of any size with the behaviours of the demo, as a function of row numbers.
--
-- Nothing is drawn at random: each number is a hash of a customer, order or line, of what
-- is asked about it, and of the seed. So any range of customers can be made by itself, and
-- the shop of the next day is the same shop seen one day later: with that day's lines,
-- lines that arrived late, corrected amounts, and without the customers erased that day.
--
-- Variables, set by make_shop.py: seed, heterogeneity (factor on the spread between
-- customers of one behaviour), is_clean (leave the dirt out), as_of (the day the shop is
-- seen, exclusive), last_day (when all is sold, exclusive), first_customer and
-- next_customer (the range made), behaviours (path of demo_behaviours.csv).

create or replace macro uniform(key, question) as
    (hash(key, question, getvariable('seed')) >> 11) / 9007199254740992.0;

create or replace macro between_values(low, high, key, question) as
    low + (high - low) * uniform(key, question);

-- Box and Muller.
create or replace macro normal(key, question) as
    sqrt(-2 * ln(1 - uniform(key, question)))
    * cos(2 * pi() * uniform(key, question || ' angle'));

-- A Poisson number of a small mean, by inversion.
create or replace macro small_count(mean, key, question) as
    case
        when uniform(key, question) < exp(-mean) then 0
        when uniform(key, question) < exp(-mean) * (1 + mean) then 1
        when uniform(key, question) < exp(-mean) * (1 + mean + mean * mean / 2) then 2
        else 3
    end;

-- A number with a Poisson number's mean and variance: the square of a normal number.
create or replace macro any_count(mean, key, question) as
    cast(
        floor(
            power(sqrt(greatest(0, mean - 0.2)) + normal(key, question) / 2, 2) + 0.45
        ) as integer
    );

-- Where a part ends when an order is cut into uneven parts.
create or replace macro cut_at(order_number, place, line_count) as
    case
        when place in (0, line_count) then place / line_count
        else (place + between_values(-0.4, 0.4, order_number * 10 + place, 'cut'))
            / line_count
    end;

create or replace macro choose(options, key, question) as
    options[1 + cast(floor(uniform(key, question) * len(options)) as integer)];

-- Two years of days, and how much is bought on each, by weekday and month; 1 on average.
create or replace temp table days as
select
    getvariable('last_day') - cast(range as integer) as order_date,
    range as days_ago,
    [0.95, 0.92, 0.94, 1.00, 1.12, 1.25, 0.82][isodow(order_date)]
    * [0.90, 0.88, 0.96, 1, 1, 0.98, 0.94, 0.94, 1, 1.02, 1.14, 1.24][month(order_date)]
        as pace
from range(1, 732);

create or replace temp table behaviours as
select
    *,
    sum(share) over (order by name) - share as share_from,
    sum(share) over (order by name) as share_to
from read_csv(getvariable('behaviours'));

-- 6 % never bought and 0.4 % only returned something. 5 % of the others are not in the
-- customer table. One in 50 is erased some day.
create or replace view people as
with

numbered as (
    select
        range as customer,
        uniform(customer, 'kind') as kind_place,
        kind_place < 0.06 as has_never_bought,
        kind_place between 0.06 and 0.064 as has_only_returned,
        kind_place > 0.064 and uniform(customer, 'is unlisted') < 0.05 as is_unlisted,
        uniform(customer, 'behaviour') as behaviour_place,
        uniform(customer, 'is erased') < 0.02 as is_erased,
        getvariable('last_day')
        - cast(floor(between_values(0, 731, customer, 'erased')) as integer) as erased_on
    from range(getvariable('first_customer'), getvariable('next_customer'))
)

select
    numbered.*,
    behaviours.*
from numbered
inner join behaviours
    on numbered.behaviour_place >= behaviours.share_from
    and numbered.behaviour_place < behaviours.share_to
where not numbered.is_erased or numbered.erased_on >= getvariable('as_of');

-- Buyers vary around their behaviour. One in 200 is a wholesaler. Of the lost, 4 % bought
-- for the last time more than a year ago.
create or replace view buyers as
with

spans as (
    select
        *,
        name = 'lost' and uniform(customer, 'is long gone') < 0.04 as is_long_gone,
        case
            when is_long_gone then between_values(480, 700, customer, 'first')
            else between_values(first_from, first_to, customer, 'first')
        end as drawn_first,
        case
            when is_long_gone then between_values(370, 475, customer, 'last')
            else between_values(last_from, last_to, customer, 'last')
        end as drawn_last,
        uniform(customer, 'once') < once as has_bought_once,
        uniform(customer, 'wholesaler') < 0.005 as is_wholesaler,
        getvariable('heterogeneity') as spread
    from people
    where not has_never_bought
)

select
    customer,
    has_only_returned,
    is_wholesaler,
    name as behaviour,
    lines as mean_lines,
    case
        when has_bought_once and name != 'new' then least(drawn_first, drawn_last)
        else drawn_first
    end as first_ago,
    case
        when has_bought_once and name = 'new' then drawn_first
        else least(drawn_first, drawn_last)
    end as last_ago,
    least(0.6, rate * exp(spread * rate_spread * normal(customer, 'rate'))) as rate,
    basket
    * exp(spread * basket_spread * normal(customer, 'basket'))
    * case when is_wholesaler then 20 else 1 end as basket,
    1 / (
        1
        + (1 - deal_probability) / deal_probability
        * exp(spread * 0.45 * normal(customer, 'deals'))
    ) as deal_probability,
    deal_depth * exp(spread * 0.15 * normal(customer, 'depth')) as deal_depth
from spans;

-- The first order, the last, and between them a Poisson process at the highest pace of
-- any day, thinned to the pace of each.
create or replace view orders as
with

places as (
    select
        *,
        unnest(
            range(
                case
                    when has_only_returned or first_ago = last_ago then 1
                    else 2 + any_count(
                        1.55 * rate * (first_ago - last_ago), customer, 'orders'
                    )
                end
            )
        ) as place
    from buyers
),

moments as (
    select
        *,
        customer * 1000 + place as order_number,
        case place
            when 0 then first_ago
            when 1 then last_ago
            else between_values(last_ago, first_ago, order_number, 'moment')
        end as ago
    from places
    where place < 1000
)

select
    moments.*,
    days.order_date,
    -- Opening hours 8 to 22, most orders in the afternoon.
    8 * 3600
    + cast(
        7 * 3600 * uniform(moments.order_number, 'hour')
        + 7 * 3600 * uniform(moments.order_number, 'minute')
        as integer
    ) as second
from moments
inner join days
    on cast(ceil(moments.ago) as integer) = days.days_ago
where moments.place < 2 or 1.55 * uniform(moments.order_number, 'pace') < days.pace;

create or replace view order_lines as
with

sized as (
    select
        *,
        1 + small_count(mean_lines - 1, order_number, 'lines') as line_count
    from orders
),

numbered as (
    select
        *,
        unnest(range(line_count)) as place_in_order
    from sized
)

select
    *,
    order_number * 10 + place_in_order as line,
    greatest(
        0.5,
        basket
        * exp(0.35 * normal(order_number, 'size'))
        * (
            cut_at(order_number, place_in_order + 1, line_count)
            - cut_at(order_number, place_in_order, line_count)
        )
    ) as price,
    case
        when uniform(line, 'is deal') < deal_probability
            then least(0.7, deal_depth * between_values(0.7, 1.3, line, 'discount'))
        else 0
    end as discount_share
from numbered;

-- Most lines are one record. 4.2 % are returned as well, and about 1 % lead to dirt: an
-- exact duplicate, or a record of its own that cannot be used.
create or replace view records as
with

marked as (
    select
        *,
        uniform(line, 'is returned') < 0.042 as is_returned,
        case when not getvariable('is_clean') then uniform(line, 'dirt') end as dirt_place
    from order_lines
)

select
    *,
    unnest(
        case
            when has_only_returned then ['return']
            when is_returned then ['purchase', 'return']
            else ['purchase']
        end
        || case
            when dirt_place < 0.0025 then ['duplicate']
            when dirt_place < 0.0063 then ['guest']
            when dirt_place < 0.0078 then ['misdated']
            when dirt_place < 0.0089 then ['unpriced']
            when dirt_place < 0.0093 then ['future']
            when dirt_place < 0.0102 then ['zero']
            else []
        end
    ) as record
from marked;

-- What the shop knows before as_of. A tenth of the records arrive late, most of them by
-- one to three days. One in 20 arrives with an amount that is corrected within a month.
create or replace view shop_transactions as
with

dated as (
    select
        *,
        case
            when record = 'return'
                then order_date
                    + cast(floor(between_values(2, 31, line, 'returned')) as integer)
            else order_date
        end as sold_on,
        uniform(line, 'delay') as delay_place,
        case
            when delay_place < 0.01 then between_values(4, 60, line, 'long delay')
            when delay_place < 0.1 then between_values(1, 4, line, 'short delay')
            else 0
        end as delay,
        sold_on + cast(floor(delay) as integer) as arrived_on,
        case
            when uniform(line, 'is corrected') < 0.05
                then arrived_on
                    + cast(floor(between_values(1, 31, line, 'corrected')) as integer)
        end as corrected_on,
        case record
            when 'zero' then 0
            when 'return' then -price * (1 - discount_share)
            else price * (1 - discount_share)
        end as right_amount
    from records
)

select
    case when record in ('purchase', 'duplicate') then 'T' else upper(record[1]) end
    || line as transaction_id,
    case
        when record in ('guest', 'misdated', 'unpriced', 'future') then upper(record[1])
        else 'O'
    end || order_number as order_id,
    case when record != 'guest' then cast(customer as varchar) end as customer_id,
    case record
        when 'misdated' then choose(['31/02/2025', 'yesterday', null], line, 'misdated')
        when 'future' then cast(getvariable('last_day') + interval 3 days as varchar)
        else cast(sold_on + to_seconds(second) as varchar)
    end as ordered_at,
    choose(
        [
            'food', 'food', 'food', 'home', 'home', 'beauty', 'beauty', 'books', 'toys',
            'garden'
        ],
        line,
        'category'
    ) as category,
    case when record = 'return' then -1 else 1 end
    * case when is_wholesaler then 20 else 1 end
    * (1 + small_count(0.35, line, 'quantity')) as quantity,
    case
        when record = 'unpriced' then choose(['n/a', '12,5O', null], line, 'unpriced')
        when corrected_on >= getvariable('as_of')
            then cast(cast(1.1 * right_amount as decimal(12, 2)) as varchar)
        else cast(cast(right_amount as decimal(12, 2)) as varchar)
    end as amount,
    case
        when record in ('return', 'zero') then 0.0
        else round(price * discount_share, 2)
    end as discount_amount,
    case when corrected_on < getvariable('as_of') then corrected_on else arrived_on end
    + interval 23 hours as loaded_at
from dated
where arrived_on < getvariable('as_of')
order by loaded_at, transaction_id;

-- 10 % of the customers lack all demographic values, 20 % some. A few values are misspelt
-- or impossible, and one customer in 750 is listed twice.
create or replace macro spoil(value, name) as
    case
        when missing_place < 0.1
            or missing_place < 0.3 and uniform(customer, name || ' is missing') < 0.35
            then case
                when not getvariable('is_clean')
                    and uniform(customer, name || ' is spelled') < 0.03
                    then choose(['N/A', 'unknown', '   '], customer, name || ' spelling')
            end
        when not getvariable('is_clean')
            and uniform(customer, name || ' is misspelt') < 0.01
            then choose([' ' || value || ' ', upper(value)], customer, name || ' spelling')
        else value
    end;

create or replace view shop_customers as
with

drawn as (
    select
        *,
        uniform(customer, 'missing') as missing_place,
        least(93, greatest(18, 45 + age + 15 * normal(customer, 'age'))) as age_years,
        uniform(customer, 'gender') as gender_place,
        income + normal(customer, 'income') as income_place,
        unnest(
            case
                when uniform(customer, 'is listed twice') < 0.0013
                    and not getvariable('is_clean')
                    then [1, 2]
                else [1]
            end
        ) as entry
    from people
    where not is_unlisted
)

select
    cast(customer as varchar) as customer_id,
    case
        when missing_place < 0.1 then null
        when uniform(customer, 'is bad birth') < 0.004 and not getvariable('is_clean')
            then choose(['1843-05-17', '2031-04-12', 'not a date'], customer, 'bad birth')
        else cast(
            getvariable('last_day') - cast(ceil(age_years * 365.25) as integer) as varchar
        )
    end as birth_date,
    spoil(
        case
            when gender_place >= 0.985 then 'diverse'
            when gender_place < 0.53 + female then 'female'
            else 'male'
        end,
        'gender'
    ) as gender,
    spoil(
        case
            when income_place < -1 then 'under 20k'
            when income_place < -0.1 then '20k-40k'
            when income_place < 0.65 then '40k-60k'
            when income_place < 1.3 then '60k-80k'
            else '80k and over'
        end,
        'income'
    ) as income_band,
    case
        when missing_place >= 0.1
            then 1 + least(5, any_count(1.4 + 5 * household, customer, 'household'))
    end as household_size,
    spoil(
        choose(
            ['north', 'south', 'east', 'west', 'centre'], 2 * customer + entry, 'region'
        ),
        'region'
    ) as region
from drawn
order by customer, entry;

create or replace view shop_truth as
select
    cast(customer as varchar) as customer_id,
    behaviour as planted_segment
from buyers
where not has_only_returned
order by customer;
