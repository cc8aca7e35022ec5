{# The table of rules: every var, and every entry of the three mappings of settings. The
   check on run start, what decides about a refit and docs/vars.md come from it. The defaults
   of plain vars stand in dbt_project.yml, those of entries here.

   type      number, share (a number from 0 to 1), whole, boolean, choice, date, text, texts,
             zone, pair (two rising numbers), relation, mapping (of `keys` or free names to
             an `entry`), record (a mapping of fixed `fields`), settings (the same, all of
             which have a default and may be left out). A boolean is never a number.
   lowest, highest, above, choices     what is allowed; `nullable` allows null
   allowed, example                    the words of the error, where the type says too little
   decides_refit                       true, or 'with demographics': only while they weigh #}
{% macro list_rules_by_topic() %}
{%- set rules -%}
Your tables:
  segmentation_transactions: {type: relation,
    meaning: "A ref, a source, a table name, or a DuckDB reader such as
      read_parquet('x/*.parquet'). The demo shop until you name yours; examples/demo.yml holds
      the rest of its vars."}
  segmentation_transaction_columns: {type: mapping, decides_refit: true,
    keys: [transaction_id, order_id, customer_id, category, quantity, amount,
      discount_amount, ordered_at],
    entry: &expression {type: text, allowed: a SQL expression over your columns},
    allowed: a mapping from our column to your SQL expression,
    example: {amount: net_price * quantity},
    meaning: "Our column: SQL expression over your columns. A column that is left out is read
      from your column of the same name."}
  segmentation_customers: {type: relation, nullable: true,
    meaning: Your customer table; null when there is none.}
  segmentation_customer_columns: {type: mapping, decides_refit: with demographics,
    entry: *expression, allowed: a mapping from our column to your SQL expression,
    example: {customer_id: client_no},
    meaning: "The same for the customer table: customer_id, attributes and extra columns."}
  segmentation_demographics: {type: mapping,
    entry: {type: record, fields: {
      kind: {type: choice, choices: [ordinal, nominal, number, date, boolean]},
      levels: {type: texts, optional: true, numbers: true,
        allowed: a list of different texts (quote words such as yes)},
      minimum: &bound {type: number, lowest: -1000000000000000,
        highest: 1000000000000000, optional: true},
      maximum: *bound,
      as: {type: choice, choices: [age_years], optional: true},
      format: {type: text, optional: true, allowed: a strptime format,
        example: '%d/%m/%Y'}}},
    allowed: "a mapping from an attribute to its reading, {} for none",
    example: {gender: {kind: nominal}},
    meaning: "Attributes of the customer table. kind: ordinal (levels, lowest first), nominal
      (levels optional), number (minimum, maximum optional), date (as: age_years; format: the
      strptime format of text dates, ISO when left out), boolean."}
  segmentation_unknown_values: {type: texts, decides_refit: with demographics,
    allowed: a list of texts, example: [n/a],
    meaning: "Texts that mean 'we do not know' in any column but an id, compared in lower case
      and trimmed."}
  segmentation_extra_columns: {type: mapping,
    entry: {type: choice,
      choices: [string, integer, bigint, double, boolean, date, timestamp]},
    allowed: a mapping from a column to its type, example: {loyalty_tier: string},
    meaning: Further columns of the customer table to carry into customer_segments.}
  segmentation_customers_without_purchases: {type: choice, choices: [include, leave_out],
    meaning: Customers of the table without any accepted transaction.}
  segmentation_timestamp_format: {type: text, nullable: true, decides_refit: true,
    allowed: a strptime format, example: '%d/%m/%Y',
    meaning: "Format of ordered_at as text; null reads ISO dates and real dates. Dates of the
      customer table have a format of their own."}
  segmentation_time_zone: {type: zone, nullable: true, decides_refit: true,
    allowed: an IANA time zone, example: America/New_York,
    meaning: "The shop's time zone when stamps are UTC; null takes them as they are."}
  segmentation_transaction_filter: {type: text, nullable: true, decides_refit: true,
    allowed: a SQL predicate over the columns of your table,
    meaning: Rows where it is not true are rejected as filtered.}
  segmentation_returns: {type: choice, choices: [net, ignore], decides_refit: true,
    meaning: "Returns reduce revenue (net), or are rejected (ignore)."}
  segmentation_duplicates: {type: choice, decides_refit: true,
    choices: [keep, drop_exact, by_transaction_id],
    meaning: "keep: every row counts. drop_exact: of rows that are equal in all columns of
      your table one counts. by_transaction_id: the latest row of an id counts; others that
      differ in customer, day or amount are conflicts, not copies."}
  segmentation_minimum_order_amount: {type: number, lowest: 0, highest: 1000000000000,
    decides_refit: true,
    meaning: "An order counts as a purchase from this amount on, its returns left aside; the
      amount must always be above 0."}
  segmentation_earliest_date: {type: date, decides_refit: true,
    meaning: Rows before this date are rejected.}
  segmentation_as_of_date: {type: date, nullable: true,
    meaning: "Everything is seen as of this date, which is itself not included; null takes the
      day after the last accepted transaction. It is never today's date."}
Features:
  segmentation_lookback_days: {type: whole, lowest: 30, highest: 36500, nullable: true,
    decides_refit: true,
    meaning: "Days of history behind the features; null takes all history. tenure_days always
      sees all history, and spend_trend compares the last 90 days with the 90 before."}
  segmentation_features: {type: mapping, decides_refit: true,
    entry: {type: record, fields: {
      role: {type: choice, choices: [core, secondary]},
      transform: {type: choice, choices: [log1p, none]},
      scale: {type: number, above: 0, highest: 1000000000000000, optional: true},
      expression: {type: text, optional: true,
        allowed: a SQL expression over the features}}},
    allowed: a mapping from a feature to its reading,
    example: {monetary: {role: core, transform: log1p}},
    meaning: "What K-Means sees. role: core (weight 1) or secondary (with the
      secondary_share of segmentation_model). transform: log1p (of value / scale, floored at
      0) or none. expression: SQL over the columns of int_customer_features, for a feature of
      your own."}
  segmentation_demographics_weight: {type: share, highest: 0.2, decides_refit: true,
    meaning: "Share of the total variance that demographics get in the model; with 0 they only
      describe the segments."}
Model:
  segmentation_k: {type: whole, lowest: 2, highest: 20, nullable: true, decides_refit: true,
    meaning: A number of segments of your own choice; null lets the rule choose.}
  segmentation_refit: {type: boolean, meaning: true fits a new model version in this run.}
  segmentation_rename: {type: boolean,
    meaning: "true names all segments of a new version anew; false lets known ones keep their
      name."}
  segmentation_name_overrides: {type: relation,
    meaning: "Marketing's own names and actions: a relation with segment_id, segment_name and
      recommended_action; empty cells leave ours."}
  segmentation_model:
    type: settings
    allowed: a mapping from a setting to its value
    example: {clip: 4}
    meaning: What experts tune together; give only the entries that you change.
    fields:
      k_range: {type: pair, lowest: 2, highest: 20, whole: true, default: [3, 8],
        allowed: "two whole numbers from 2 to 20, the lower first", decides_refit: true,
        meaning: Lowest and highest number of segments to try.}
      k_minimum_share: {type: share, highest: 0.5, default: 0.03, decides_refit: true,
        meaning: Share of the training customers that the smallest segment must have.}
      k_minimum_stability: {type: share, default: 0.8, decides_refit: true,
        meaning: "Stability on bootstrap samples that a number of segments must reach; below
          it the structure is called weak, and the test of stability warns."}
      k_minimum_jaccard: {type: share, default: 0.7, decides_refit: true,
        meaning: Jaccard index that the least stable segment must reach on these samples.}
      k_sample_rows: {type: whole, lowest: 100, highest: 100000, default: 10000,
        decides_refit: true, meaning: Customers behind the choice of k.}
      k_bootstraps: {type: whole, lowest: 2, highest: 1000, default: 20,
        decides_refit: true, meaning: Bootstrap samples behind the choice of k.}
      n_init: {type: whole, lowest: 1, highest: 1000, default: 20, decides_refit: true,
        meaning: Starts of the final K-Means.}
      training_rows: {type: whole, lowest: 100, highest: 1000000000, default: 50000,
        decides_refit: true,
        meaning: "Customers the model is fitted on, chosen by a hash of their id; all when
          there are fewer."}
      minimum_customers: {type: whole, lowest: 10, highest: 1000000000, default: 100,
        meaning: Fewer customers than this are not clustered.}
      random_seed: {type: whole, lowest: 0, highest: 4294967295, default: 20260101,
        decides_refit: true, meaning: Seed of samples and starts.}
      secondary_share: {type: share, highest: 0.9, default: 0.2, decides_refit: true,
        meaning: Share of the total variance that the secondary features get together.}
      clip: {type: number, lowest: 1, highest: 10, default: 3, decides_refit: true,
        meaning: Standardised values are cut at plus and minus this.}
      confidence_bands: {type: pair, lowest: 0, highest: 1, different: true,
        allowed: two rising numbers from 0 to 1, default: [0.1, 0.3],
        meaning: "Confidence below the first is borderline, from the second on clear."}
Results:
  segmentation_history_months: {type: whole, lowest: 0, highest: 120,
    meaning: Past month starts to show every customer's segment at; 0 shows none.}
  segmentation_publish_demographics: {type: boolean,
    meaning: "false leaves attributes and extra columns out of the marts, and so out of what
      is published."}
  segmentation_segment_lists: {type: boolean,
    meaning: "true publishes a CSV file per segment as well: customer id, segment, action."}
  segmentation_publish_to: {type: text, nullable: true,
    allowed: "null, or the name that the profile attaches a PostgreSQL database as",
    example: postgres,
    meaning: "The marts go into a PostgreSQL database as well: the name that the profile
      attaches it as, such as postgres (then into its schema segments) or postgres.crm."}
  segmentation_minimum_cell_size: {type: whole, lowest: 1, highest: 1000000000,
    meaning: "Cells of segment_demographics with fewer customers are suppressed, and whatever
      would give them away."}
Drift and tests:
  segmentation_drift:
    type: settings
    allowed: a mapping from a signal to its bounds
    example: {segment_psi: [0.05, 0.1]}
    meaning: >-
      How far today's customers may be from the training, watch from and refit due from; give
      only the entries that you change.
    fields:
      feature_psi: {type: pair, above: 0, highest: 1000, default: [0.1, 0.25],
        allowed: &watched "two numbers above 0, watch from and refit due from",
        meaning: "Population stability index of a feature, over the tenths of the training.
          Recency (it moves first when the newest data are missing) and tenure (it grows with
          the history) are only ever watched."}
      segment_psi: {type: pair, above: 0, highest: 1000, default: [0.05, 0.1],
        allowed: *watched, meaning: The same of the segments' shares.}
      share_change: {type: pair, above: 0, highest: 1000, default: [0.05, 0.1],
        allowed: *watched,
        meaning: "Change of one segment's share of the clustered customers, up or down."}
      distance_ratio: {type: pair, above: 1, highest: 1000, default: [1.1, 1.25],
        allowed: "two numbers above 1, watch from and refit due from",
        meaning: "Mean distance to the own centroid over that of the training; watched below
          one over the first as well."}
      last_date_lag_days: {type: whole, lowest: 1, highest: 36500, default: 3,
        meaning: "Days that the last accepted date lies behind the last day before the as-of
          date. Like the next two a sign of a data fault, only ever watched."}
      rows_per_day_ratio: {type: number, lowest: 1.01, highest: 1000000, default: 2,
        meaning: "Rows per day in the last 7 days over those of the training, or the other way
          round."}
      day_revenue_ratio: {type: number, lowest: 1.01, highest: 1000000, default: 1.5,
        meaning: "Median money of a purchase day in the last 30 days over that of the
          training, or the other way round."}
  segmentation_tests:
    type: settings
    allowed: a mapping from a test to its settings
    example: {stability: {severity: error}}
    meaning: >-
      Thresholds of the tests, and whether they are errors or warnings; give only the entries
      that you change.
    fields:
      smallest_segment: {type: settings, fields: {
        minimum_share: {type: share, highest: 0.5, default: 0.01},
        severity: &error {type: choice, choices: [error, warn], default: error}},
        meaning: The smallest segment holds at least this share of the clustered customers.}
      largest_segment: {type: settings, fields: {
        maximum_share: {type: share, default: 0.7},
        severity: &warn {type: choice, choices: [error, warn], default: warn}},
        meaning: The largest segment holds at most this share of the clustered customers.}
      clustered_customers: {type: settings,
        fields: {minimum_share: {type: share, default: 0.2}, severity: *warn},
        meaning: "At least this share of all customers is in clusters, not in rule segments."}
      borderline_customers: {type: settings,
        fields: {maximum_share: {type: share, default: 0.3}, severity: *warn},
        meaning: At most this share of the clustered customers lies between two segments.}
      breaking_change: {type: settings,
        fields: {maximum_share: {type: share, default: 0.15}, severity: *warn},
        meaning: A refit alone moves at most this share of the customers.}
      stability: {type: settings, fields: {severity: *warn},
        meaning: "The number of segments, also one of your own, is as stable as the
          k_minimum_stability of segmentation_model."}
      weak_structure: {type: settings, fields: {severity: *warn},
        meaning: Some number of segments is reproducible enough.}
      dropped_feature: {type: settings, fields: {severity: *warn},
        meaning: No feature is left out for being the same for every training customer.}
      no_model: {type: settings, fields: {severity: *warn},
        meaning: There are enough customers for a model; else the classic grid stands in.}
      unmet_override: {type: settings, fields: {severity: *warn},
        meaning: Every name override is for a segment that is there.}
      untrue_name: {type: settings, fields: {severity: *warn},
        meaning: The claim of each name holds for the majority of its customers.}
      untold_spend: {type: settings, fields: {severity: *warn},
        meaning: Segments explain at least 2 % of the variance of later spend.}
      shared_transaction_id: {type: settings, fields: {severity: *warn},
        meaning: No two accepted rows share a transaction_id.}
      rejected_rows: {type: settings,
        fields: {from_share: {type: share, default: 0.01}, severity: *warn},
        meaning: Less than this share of the rows and of the money is rejected.}
      rejected_for: {type: settings, fields: {
        missing_customer: {type: share, default: 0.5},
        duplicate: {type: share, default: 0.1},
        conflicting_transaction_id: {type: share, default: 0.1}},
        meaning: "The build stops when one reason rejects more than this share of the rows or
          of the money that filter, dates and returns let in."}
      unreadable_column: {type: settings,
        fields: {maximum_share: {type: share, default: 0.1}},
        meaning: "The build stops when a mapped column of either table cannot be read in more
          than this share of its filled rows; a date or an amount must be filled as well."}
      unmatched_buyers: {type: settings,
        fields: {maximum_share: {type: share, default: 0.5}, severity: *warn},
        meaning: "At most this share of the buyers has no record in the customer table, when
          there is one."}
      isolated_last_date: {type: settings, fields: {severity: *error,
        maximum_gap_days: {type: whole, lowest: 1, highest: 36500, default: 60}},
        meaning: The last accepted day is at most this many days after the one before it.}
{%- endset -%}
{{- return(fromyaml(rules)) -}}
{% endmacro %}


{# The rules by var. #}
{% macro list_rules() %}
    {%- set rules = {} -%}
    {%- for members in customer_segmentation.list_rules_by_topic().values() -%}
        {%- do rules.update(members) -%}
    {%- endfor -%}
    {{- return(rules) -}}
{% endmacro %}


{# The setting segmentation_tests.stability.severity is setting('tests.stability.severity'):
   what the user gives, else the default. While parsing, the vars have not been checked
   yet: what is not allowed is as if it were not there. #}
{% macro setting(path) %}
    {%- set keys = path.split('.') -%}
    {%- set here = namespace(
        rule=customer_segmentation.list_rules()['segmentation_' ~ keys[0]],
        value=var('segmentation_' ~ keys[0])
    ) -%}
    {%- for key in keys[1:] -%}
        {%- set here.rule = here.rule.fields[key] -%}
        {%- set here.value = here.value.get(key) if here.value is mapping else none -%}
    {%- endfor -%}
    {{- return(
        here.value if here.value is not none
            and (execute or customer_segmentation._is_allowed(here.rule, here.value))
        else here.rule.default
    ) -}}
{% endmacro %}


{# Every var's value in this run; of the relations only those asked for, since a model may
   read no ref that it does not depend on. #}
{% macro read_var_values(relations) %}
    {%- set values = {} -%}
    {%- for name, rule in customer_segmentation.list_rules().items()
        if rule.type != 'relation' or name in relations -%}
        {%- do values.update({name: var(name)}) -%}
    {%- endfor -%}
    {{- return(values) -}}
{% endmacro %}
