package inspect

import (
	"fmt"
	"strings"
	"testing"
)

// quotedCSV is 200 lines in CP932 with titles, all cells in quotes.
func quotedCSV(t testing.TB) []byte {
	var b strings.Builder
	b.WriteString("営業日,時刻,店舗コード,レジ番号,レシート番号,取引区分,カード番号,会員氏名,税込金額,税抜金額\r\n")
	for i := range 200 {
		kind, sign := "売上", ""
		if i%20 == 7 {
			kind, sign = "返品", "-"
		}
		amount := i*i*13%90000 + 108
		line := fmt.Sprintf("2026/11/%02d|%02d:%02d|0%03d|%02d|%06d|%s|%s|山田　花子%d|%s%d,%03d|%d",
			1+i%21, 9+i%17, i%60, 100+i%5, 1+i%3, i, kind, cardNumber(i), i,
			sign, 1+amount/1000, amount%1000, amount)
		b.WriteString(`"` + strings.ReplaceAll(line, "|", `","`) + "\"\r\n")
	}
	return encoded(t, "cp932", b.String())
}

func TestCSVCP932WithTitlesAndQuotes(t *testing.T) {
	r := inspected(t, quotedCSV(t))
	wantForm(t, r, "cp932", "csv", "crlf", 0)
	if !r.Titles || r.Quote != "minimal" && r.Quote != "all" || r.Encoding.Sure == Low {
		t.Errorf("titles %v quote %s encoding %+v", r.Titles, r.Quote, r.Encoding)
	}
	wantColumns(
		t, r, "receipt", "1 business_date date yyyy/mm/dd", "2 time time hh:mm", "3 store text",
		"4 register text", "5 receipt text", "6 kind text",
		"7 card text", "8 column_8 text", "9 amount_incl number",
		"10 amount_excl number",
	)
	k := r.Kinds[1]
	if c := k.Columns[5]; fmt.Sprint(c.Lookup) != "map[売上:sale 返品:return]" {
		t.Errorf("lookup %v", c.Lookup)
	}
	if c := k.Columns[6]; fmt.Sprint(c.Lengths, c.Checks, c.Distinct) != "[16] [LUHN] 200" {
		t.Errorf("card: lengths %v checks %v distinct %d", c.Lengths, c.Checks, c.Distinct)
	}
	if c := k.Columns[8]; !c.Thousands || c.Sure != High {
		t.Errorf("amount %+v", c)
	}
}

func TestSamplesHideCardNumbersAndNames(t *testing.T) {
	text := "営業日,カード番号,会員番号,氏名,備考,税込金額\n"
	for i := range 30 {
		text += fmt.Sprintf("20261119,%s,%08d,山田太郎%d,カード %s です,%d\n", cardNumber(i), 12340000+i, i,
			cardNumber(i + 900)[:4]+"-"+cardNumber(i + 900)[4:], i*37+100)
	}
	r := inspected(t, []byte(text))
	printed := textOf(t, r) + string(yamlOf(t, r))
	for i := range 30 {
		full, noted := cardNumber(i), cardNumber(i+900)
		for _, secret := range []string{full, full[:12], noted[4:], "12340000", "山田"} {
			if strings.Contains(printed, secret) {
				t.Fatalf("%s is shown:\n%s", secret, printed)
			}
		}
	}
	if want := strings.Repeat("*", 12) + cardNumber(0)[12:]; r.Kinds[1].Columns[1].Samples[0] != want {
		t.Errorf("sample %s, want %s", r.Kinds[1].Columns[1].Samples[0], want)
	}
}

// itemLines is 30 receipts of 3 lines each in UTF-8 with a mark and titles.
func itemLines(testing.TB) []byte {
	var b strings.Builder
	b.WriteString("\uFEFF日付,時間,店番,レジ,伝票番号,会員カード,JANコード,数量,金額\n")
	for i := range 90 {
		receipt := i / 3
		fmt.Fprintf(&b, "2026-11-19,%d:%02d,0012,01,R%05d,%s,%s,%d,%d\n", 10+receipt%15, receipt%60, receipt,
			cardNumber(receipt), janCode(i%40), 1+i%3, i*17%900+98)
	}
	return []byte(b.String())
}

func TestUTF8BOMWithItemLines(t *testing.T) {
	r := inspected(t, itemLines(t))
	wantForm(t, r, "utf-8-bom", "csv", "lf", 0)
	if !r.BOM || !r.Titles {
		t.Errorf("bom %v titles %v", r.BOM, r.Titles)
	}
	if r.FlatItems == nil || r.FlatItems.Sure != High || r.FlatAmount.Value != "item" {
		t.Errorf("flat %+v %+v", r.FlatItems, r.FlatAmount)
	}
	wantColumns(
		t, r, "receipt", "1 business_date date yyyy-mm-dd", "2 time time hh:mm", "3 store text",
		"4 register text", "5 receipt text", "6 card text",
		"7 product text", "8 quantity number", "9 amount_incl number",
	)
	if d := r.Layout.Derived; len(d) != 1 || d[0].Name != "amount" || d[0].From != "amount_incl" {
		t.Errorf("derived %+v", d)
	}
}

// receiptsAndItems is 40 receipts with their items, header and trailer, in CP932; total is the receipts' sum.
func receiptsAndItems(t testing.TB) (sample []byte, total int) {
	var b strings.Builder
	b.WriteString("H,20261119,あおぞら\r\n")
	for i := range 40 {
		amount := i*i*7%5000 + 300
		total += amount
		fmt.Fprintf(&b, "R,20261119,%04d,%02d,%05d,%s,%d\r\n", 12, 1+i%3, i, cardNumber(i), amount)
		for j := range 1 + i%3 {
			fmt.Fprintf(&b, "I,%s,%d,%d\r\n", janCode(i+j), 1+j, amount/(j+1))
		}
	}
	fmt.Fprintf(&b, "T,%d,%d\r\n", 40, total)
	return encoded(t, "cp932", b.String()), total
}

func TestItemRecordsBelowReceipts(t *testing.T) {
	sample, total := receiptsAndItems(t)
	r := inspected(t, sample)
	if got := kindsOf(r); got != "header[H]×1 receipt[R]×40 item[I]×79 trailer[T]×1" {
		t.Errorf("kinds %s", got)
	}
	wantControls(
		t, r, "trailer count 40 = computed from receipt",
		fmt.Sprintf("trailer total %d = computed from amount_incl", total),
	)
	wantColumns(
		t, r, "receipt", "1 record text", "2 business_date date yyyymmdd", "3 store text", "4 register text",
		"5 receipt text", "6 card text", "7 amount_incl number",
	)
	wantColumns(t, r, "item", "1 record text", "2 product text", "3 column_3 text", "4 amount number")
}

// tsvFile is 50 lines in EUC-JP with titles.
func tsvFile(t testing.TB) []byte {
	var b strings.Builder
	b.WriteString("取引日\t店舗コード\tレシート番号\t会員番号\t商品名\t税込金額\n")
	for i := range 50 {
		fmt.Fprintf(&b, "20261119\t%03d\t%05d\t%08d\t漢字のみかん、りんご\t▲%d\n",
			1+i%4, i, 40000000+i*31, i*97%5000+10)
	}
	return encoded(t, "euc-jp", b.String())
}

func TestTSVEUCJP(t *testing.T) {
	r := inspected(t, tsvFile(t))
	wantForm(t, r, "euc-jp", "tsv", "lf", 0)
	wantColumns(
		t, r, "receipt", "1 business_date date yyyymmdd", "2 store text", "3 receipt text",
		"4 member_no text", "5 column_5 text", "6 amount_incl number",
	)
}

// isoFile is 30 lines in ISO-2022-JP with titles and dates of an era.
func isoFile(t testing.TB) []byte {
	var b strings.Builder
	b.WriteString("日付,伝票番号,会員番号,金額\r\n")
	for i := range 30 {
		fmt.Fprintf(&b, "R08.11.%02d,%05d,%07d,%d\r\n", 1+i%20, i, 1000000+i*7, i*55+9)
	}
	return encoded(t, "iso-2022-jp", b.String())
}

func TestISO2022JPCSV(t *testing.T) {
	r := inspected(t, isoFile(t))
	wantForm(t, r, "iso-2022-jp", "csv", "crlf", 0)
	wantColumns(
		t, r, "receipt", "1 business_date date gyy.mm.dd", "2 receipt text", "3 member_no text",
		"4 amount_incl number",
	)
	if r.Encoding.Sure != High {
		t.Errorf("encoding %+v", r.Encoding)
	}
}

func TestTrailingColumnsDifferInNumber(t *testing.T) {
	text := "20261119,001,00001,120\n20261119,001,00002,300,9\n20261119,001,00003,45\n20261119,001,00004,88\n"
	r := inspected(t, []byte(strings.Repeat(text, 10)))
	if r.Odd != 10 || r.OddFirst != 2 {
		t.Errorf("odd %d, first %d", r.Odd, r.OddFirst)
	}
}
