-- What `multipoint rate` does with the bench file, in SQL for DuckDB: parse, validate, identify the card, drop
-- duplicates, normal points, 20 campaigns, caps, returns, grants to disk. The masters of shop.go are written
-- into the expressions, as somebody would who wrote this for one shop. peers.py fills in {file}, {name},
-- {out} and {cap}, and runs the stages one after the other.
--
-- Where SQL may do less because the bench file is known, it does: no error files, no codes, no counts of bad
-- lines, no totals, duplicates without comparing their contents, stores by number, a return that exceeds its
-- sale leaves before the running sums, nothing follows a cancel, grants in any order.

-- stage: session
CREATE MACRO luhn_digit(n, p) AS ((n // p) % 10);
CREATE MACRO luhn_twice(n, p) AS (2 * luhn_digit(n, p) - CASE WHEN luhn_digit(n, p) > 4 THEN 9 ELSE 0 END);
CREATE MACRO luhn(n) AS ((
    luhn_digit(n, 1) + luhn_twice(n, 10) + luhn_digit(n, 100) + luhn_twice(n, 1000)
  + luhn_digit(n, 10000) + luhn_twice(n, 100000) + luhn_digit(n, 1000000) + luhn_twice(n, 10000000)
  + luhn_digit(n, 100000000) + luhn_twice(n, 1000000000)
  + luhn_digit(n, 10000000000) + luhn_twice(n, 100000000000)
  + luhn_digit(n, 1000000000000) + luhn_twice(n, 10000000000000)
  + luhn_digit(n, 100000000000000) + luhn_twice(n, 1000000000000000)) % 10 = 0);
CREATE MACRO yen(text) AS CASE WHEN translate(text, '0123456789,-', '') = ''
  THEN try_cast(replace(text, ',', '') AS BIGINT) END;
CREATE TABLE ranges (digits BIGINT, low BIGINT, high BIGINT, provider VARCHAR, checked BOOLEAN);
INSERT INTO ranges VALUES
  (16, 9900000000000000, 9904999999999999, 'P1', true), (16, 9907000000000000, 9909999999999999, 'P1', true),
  (13, 2900000000000, 2949999999999, 'P2', false),
  (10, 7000000000, 7999999999, 'P3', false), (10, 8500000000, 8599999999, 'P3', false);

-- stage: parse
CREATE TABLE texts AS
SELECT * FROM read_csv('{file}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
  new_line = '\r\n', columns = {
    'kind': 'VARCHAR', 'business_date': 'VARCHAR', 'time': 'VARCHAR', 'store': 'VARCHAR', 'register': 'VARCHAR',
    'receipt': 'VARCHAR', 'card': 'VARCHAR', 'staff': 'VARCHAR', 'affiliate': 'VARCHAR', 'incl': 'VARCHAR',
    'excl': 'VARCHAR', 'grant_type': 'VARCHAR', 'original_date': 'VARCHAR', 'original_store': 'VARCHAR',
    'original_register': 'VARCHAR', 'original_receipt': 'VARCHAR', 'memo': 'VARCHAR'});

-- stage: validate and identify
CREATE TABLE good AS
WITH read AS (
  SELECT rowid + 2 AS line, kind, try_cast(business_date AS DATE) AS date,
    try_cast(replace(time, ':', '') AS INTEGER) AS clock, time,
    store, register, receipt,
    translate(card, '０１２３４５６７８９－ -', '0123456789') AS digits,
    CASE WHEN affiliate LIKE '______%*%' THEN CASE left(affiliate, 6) WHEN '499901' THEN 'AF01'
      WHEN '499902' THEN 'AF02' END ELSE affiliate END AS affiliate,
    yen(incl) AS incl, yen(excl) AS excl, coalesce(grant_type, 'PURCHASE') AS grant_type,
    try_cast(original_date AS DATE) AS original_date, original_store, original_register, original_receipt,
    contains(memo, chr(65533)) OR contains(staff, chr(65533)) OR contains(store, chr(65533)) AS broken
  FROM texts)
SELECT line, kind, date, date_diff('day', DATE '1970-01-01', date) * 86400
    + clock // 10000 * 3600 + clock // 100 % 100 * 60 + clock % 100 AS instant,
  clock, store, right(store, 3)::INTEGER AS store_no, register, receipt, provider, read.digits AS card, affiliate,
  abs(incl) AS incl, abs(excl) AS excl, grant_type,
  original_date, original_store, original_register, original_receipt
FROM read LEFT JOIN ranges
  ON ranges.digits = length(read.digits) AND try_cast(read.digits AS BIGINT) BETWEEN low AND high
WHERE NOT coalesce(broken, false) AND kind IN ('売上', '返品', '取消')
  AND date BETWEEN DATE '2026-11-22' - 90 AND DATE '2026-11-22'
  AND (time IS NULL OR length(time) = 8 AND clock // 10000 <= 29 AND clock // 100 % 100 <= 59 AND clock % 100 <= 59)
  AND abs(incl) <= 1000000000000 AND abs(excl) <= 1000000000000
  AND CASE WHEN kind = '売上' THEN incl >= 0 AND receipt IS NOT NULL ELSE true END
  AND CASE WHEN read.digits IS NULL THEN kind <> '売上' AND original_receipt IS NOT NULL
    ELSE provider IS NOT NULL AND (NOT checked OR luhn(try_cast(read.digits AS BIGINT))) END;

-- stage: duplicates
CREATE TABLE sales AS
SELECT line, date, instant, clock, isodow(date) AS weekday, store, store_no, register, receipt, provider, card,
  affiliate, incl, excl, grant_type
FROM good WHERE kind = '売上'
QUALIFY row_number() OVER (PARTITION BY receipt, register, store, date ORDER BY instant, line) = 1;

-- stage: rules
SET preserve_insertion_order = false;
CREATE TABLE normal AS
SELECT * EXCLUDE (store, register, receipt),
  CASE provider WHEN 'P1' THEN excl // 100 WHEN 'P2' THEN (2 * incl + 200) // 400
    WHEN 'P3' THEN CASE WHEN incl >= 300 THEN incl // 200 ELSE 0 END END AS base,
  CASE provider WHEN 'P1' THEN incl // 500 * 2 ELSE 0 END AS bonus,
  CASE WHEN incl >= 5000 THEN incl // 100 ELSE 0 END AS g1,
  CASE WHEN incl >= 6000 THEN incl // 1000 * 12 ELSE 0 END AS g2,
  CASE WHEN affiliate = 'AF02' THEN 60 ELSE 0 END AS g3
FROM sales;
CREATE TABLE awards AS
WITH awarded AS (
  SELECT *, 'BASE' AS point_type, 'N1' AS rule, excl AS basis, base AS award, base AS points
    FROM normal WHERE provider = 'P1'
  UNION ALL SELECT *, 'BONUS', 'N2', incl, bonus, bonus FROM normal WHERE provider = 'P1'
  UNION ALL SELECT *, 'BASE', 'N3', incl, base, base FROM normal WHERE provider = 'P2'
  UNION ALL SELECT *, 'BASE', 'N4', incl, base, base FROM normal WHERE provider = 'P3'
  UNION ALL SELECT *, 'CAMP', 'X01', incl, incl // 200, incl // 200 FROM normal WHERE incl >= 2000
  UNION ALL SELECT *, 'CAMP', 'X02', excl, (2 * excl + 100) // 200, (2 * excl + 100) // 200
    FROM normal WHERE affiliate = 'AF01'
  UNION ALL SELECT *, 'CAMP', 'X03', incl, 5, 5 FROM normal WHERE weekday IN (5, 6, 7) AND incl >= 3000
  UNION ALL SELECT *, 'BASE', 'X04', base, base * 2, base * 2 FROM normal WHERE provider = 'P1' AND weekday = 1
  UNION ALL SELECT *, 'CAMP', 'X05', incl, incl // 100, incl // 100 FROM normal
    WHERE clock >= 70000 AND clock < 90000 OR clock >= 230000 AND clock < 260000
  UNION ALL SELECT *, 'CAMP', 'X06', incl, incl // 50, incl // 50 FROM normal
    WHERE clock >= 170000 AND clock < 200000 AND store_no BETWEEN 1 AND 40
  UNION ALL SELECT *, 'CAMP', 'X07', incl, incl // 500 * 3, incl // 500 * 3 FROM normal
    WHERE store_no BETWEEN 100 AND 104
  UNION ALL SELECT *, 'CAMP', 'X08', incl, 20, 20 FROM normal WHERE grant_type = '催事'
  UNION ALL SELECT *, 'CAMP', 'X09', incl, g1, g1 FROM normal WHERE g1 > 0 AND g1 >= g2 AND g1 >= g3
  UNION ALL SELECT *, 'CAMP', 'X10', incl, g2, g2 FROM normal WHERE g2 > g1 AND g2 >= g3
  UNION ALL SELECT *, 'CAMP', 'X11', incl, g3, g3 FROM normal WHERE g3 > g1 AND g3 > g2
  UNION ALL SELECT *, 'CAMP', 'X12', incl, (incl * 3 + 199) // 200, (incl * 3 + 199) // 200 FROM normal
    WHERE provider = 'P2' AND date BETWEEN DATE '2026-11-20' AND DATE '2026-11-22'
  UNION ALL SELECT *, 'CAMP', 'X13', incl, incl // 20, least(incl // 20, 50) FROM normal
    WHERE store_no BETWEEN 200 AND 280
  UNION ALL SELECT *, 'CAMP', 'X14', incl, incl // 100, least(incl // 100, greatest(0, 200 - coalesce(sum(incl // 100)
      OVER (PARTITION BY card ORDER BY instant, line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
    FROM normal WHERE provider = 'P3' AND incl >= 100
  UNION ALL SELECT *, 'CAMP', 'X15', incl, incl // 300, least(incl // 300, greatest(0, {cap} - coalesce(sum(incl // 300)
      OVER (ORDER BY instant, line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
    FROM normal WHERE provider = 'P1' AND incl >= 300
  UNION ALL SELECT *, 'CAMP', 'X16', incl, 50, 50 FROM normal WHERE provider = 'P3' AND incl >= 7000
  UNION ALL SELECT *, 'BONUS', 'X17', bonus, bonus, bonus FROM normal
    WHERE provider = 'P1' AND weekday = 7 AND clock >= 100000 AND clock < 180000
  UNION ALL SELECT *, 'CAMP', 'X18', incl, incl // 50, least(incl // 50, 100) FROM normal WHERE affiliate = 'AF03'
  UNION ALL SELECT *, 'CAMP', 'X19', incl, incl // 10, incl // 10 FROM normal WHERE date <= DATE '2026-11-10'
  UNION ALL SELECT *, 'CAMP', 'X20', excl, excl // 40, excl // 40 FROM normal
    WHERE provider = 'P2' AND grant_type = 'PURCHASE' AND clock < 60000)
SELECT line, provider, card, point_type, rule, basis, award, points
FROM awarded WHERE points > 0;

-- stage: returns
CREATE TABLE backs AS
WITH matched AS (
  SELECT b.line, b.instant, b.kind, s.line AS sale, s.incl AS sold,
    CASE b.kind WHEN '取消' THEN 0 ELSE b.incl END AS yen
  FROM good b JOIN sales s ON s.receipt = b.original_receipt AND s.register = b.original_register
    AND s.store = b.original_store AND s.date = b.original_date
  WHERE b.kind <> '売上' AND (b.kind = '取消' OR b.incl <= s.incl)
  QUALIFY row_number() OVER (PARTITION BY s.line, b.kind, b.receipt,
    CASE WHEN b.receipt IS NOT NULL THEN b.date END, CASE WHEN b.receipt IS NOT NULL THEN b.store END,
    CASE WHEN b.receipt IS NOT NULL THEN b.register END ORDER BY b.instant, b.line) = 1)
SELECT *, CASE kind WHEN '取消' THEN sold ELSE up_to END AS after, up_to - yen AS before
FROM (SELECT *, sum(yen) OVER (PARTITION BY sale ORDER BY instant, line ROWS UNBOUNDED PRECEDING) AS up_to
  FROM matched);
CREATE TABLE taken AS
SELECT * FROM (
  SELECT b.line, a.provider, a.card, a.point_type, a.rule,
    a.points * b.before // b.sold - a.points * b.after // b.sold AS points
  FROM backs b JOIN awards a ON a.line = b.sale WHERE b.sold > 0)
WHERE points < 0;

-- stage: write
COPY (
  SELECT '{name}' AS file, line, provider, card, point_type, rule, basis AS basis_yen, award, points,
    '' AS leaves_under FROM awards
  UNION ALL SELECT '{name}', line, provider, card, point_type, rule, 0, 0, points, '' FROM taken
) TO '{out}' (FORMAT csv, HEADER);
