package inspect

import "strings"

// titleWord maps the words of a title to a name of the common layout and the type to expect: date, time,
// number, text or card.
type titleWord struct {
	words string // alternatives, in lower case, joined by |
	name  string
	want  string
	exact bool // the whole title, not a part of it
}

// titleWords are tried from the first to the last: the more special before the more general. Names with an
// asterisk in front hold personal data whose samples are not shown.
func titleWords() []titleWord {
	return []titleWord{
		{"元取引日|元営業日|元売上日|original_date", "original_date", "date", false},
		{"元店舗|元店番|original_store", "original_store", "text", false},
		{"元レジ|original_register", "original_register", "text", false},
		{"元レシート|元伝票|元取引番号|元取引no|元注文番号|元注文no|original_receipt", "original_receipt", "text", false},
		{"氏名|名前|顧客名|会員名|カナ|住所|電話|携帯|tel|phone|address|mail|メール|customer_name", "*", "text", false},
		{"生年月日|birth", "*", "", false},
		{"提携カード|支払カード|支払いカード|クレジット|カード会社|affiliate", "affiliate", "text", false},
		{"ポイント種別|ポイント種類|point_type|pointtype", "point_type", "text", false},
		{"付与種別|付与理由|付与区分|grant_type|granttype", "grant_type", "text", false},
		{"付与ポイント|ポイント数|獲得ポイント|points_given|points", "points_given", "number", false},
		{"税率|tax_rate|taxrate", "tax_rate", "number", false},
		{"10%消費税|消費税10|税額10|税10|tax_10|tax10", "tax_10", "number", false},
		{"8%消費税|消費税8|税額8|税8|軽減税額|tax_8|tax8", "tax_8", "number", false},
		{"10%対象|税込10|incl_10|incl10", "incl_10", "number", false},
		{"8%対象|税込8|incl_8|incl8", "incl_8", "number", false},
		{"税抜|税別|本体価格|本体金額|amount_excl|excl|net_amount", "amount_excl", "number", false},
		{"消費税|税額|tax", "tax", "number", false},
		{"単価|unit_price|price", "unit_price", "number", false},
		{"明細金額|商品金額|行金額|item_amount|line_amount", "amount", "number", false},
		{"税込|合計金額|買上金額|売上金額|取引金額|支払金額|amount_incl|total_amount", "amount_incl", "number", false},
		{"店舗名|店名|store_name|商品名|品名|product_name|item_name|備考|note", "", "text", false},
		{"営業日|取引日時|売上日時|注文日時", "business_date", "", false},
		{"取引日|売上日|買上日|計上日|利用日|注文日|受注日", "business_date", "date", false},
		{"business_date|transaction_date|trandate|sales_date", "business_date", "date", false},
		{"時刻|時間|取引時|time", "time", "time", false},
		{"日付|年月日|date", "business_date", "date", false},
		{"店舗|店番|店コード|店cd|支店|store|shop", "store", "text", false},
		{"レジ|端末|pos番号|posno|register|terminal", "register", "text", false},
		{"レシート|伝票|取引番号|取引no|トランザクション|receipt|slip|注文番号|注文no|受注番号", "receipt", "text", false},
		{"transaction_id|transactionno|order_no|order_id", "receipt", "text", false},
		{"会員番号|会員no|会員id|会員コード|顧客番号|顧客コード|member|customer", "member_no", "card", false},
		{"カード|card", "card", "card", false},
		{"数量|点数|個数|quantity|qty", "quantity", "number", false},
		{"商品コード|商品cd|商品番号|jan|ean|品番|product|sku|item_code|itemcode", "product", "text", false},
		{"取引区分|売上区分|区分|取引種別|処理区分|kind|type", "kind", "text", false},
		{"金額|amount|amt", "amount_incl", "number", false},
		{"no|番号|id", "", "text", true},
	}
}

// titleName finds what a title means; the zero titleWord if no word of it is known.
func titleName(title string) titleWord {
	folded := foldTitle(title)
	if folded == "" {
		return titleWord{}
	}
	for _, t := range titleWords() {
		for word := range strings.SplitSeq(t.words, "|") {
			if folded == word || !t.exact && strings.Contains(folded, word) {
				return t
			}
		}
	}
	return titleWord{}
}

// foldTitle makes full-width letters and digits ASCII, half-width kana of the usual words full-width, letters
// small, and takes blanks out.
func foldTitle(s string) string {
	if len(s) > 200 {
		return ""
	}
	s = strings.NewReplacer("ﾚｼﾞ", "レジ", "ﾚｼｰﾄ", "レシート", "ｶｰﾄﾞ", "カード", "ｺｰﾄﾞ", "コード",
		"ﾎﾟｲﾝﾄ", "ポイント", "№", "no", "Ｎｏ．", "no", "No.", "no", "ＪＡＮ", "jan").Replace(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == ' ' || r == '\u3000' || r == '\t':
			continue
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '-':
			r = '_'
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
