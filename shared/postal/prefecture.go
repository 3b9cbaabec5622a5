package postal

import (
	"strconv"
	"strings"
)

// Prefecture is one of the 47 prefectures by its number in JIS X 0401: 1 北海道 to 47 沖縄県. 0 = none.
type Prefecture uint8

// Okinawa is the last prefecture.
const Okinawa Prefecture = 47

// prefectures are the names, Japanese and English, in the order of JIS X 0401.
const prefectures = `北海道 Hokkaido,青森県 Aomori,岩手県 Iwate,宮城県 Miyagi,秋田県 Akita,山形県 Yamagata,福島県 Fukushima,
茨城県 Ibaraki,栃木県 Tochigi,群馬県 Gunma,埼玉県 Saitama,千葉県 Chiba,東京都 Tokyo,神奈川県 Kanagawa,新潟県 Niigata,
富山県 Toyama,石川県 Ishikawa,福井県 Fukui,山梨県 Yamanashi,長野県 Nagano,岐阜県 Gifu,静岡県 Shizuoka,愛知県 Aichi,
三重県 Mie,滋賀県 Shiga,京都府 Kyoto,大阪府 Osaka,兵庫県 Hyogo,奈良県 Nara,和歌山県 Wakayama,鳥取県 Tottori,
島根県 Shimane,岡山県 Okayama,広島県 Hiroshima,山口県 Yamaguchi,徳島県 Tokushima,香川県 Kagawa,愛媛県 Ehime,
高知県 Kochi,福岡県 Fukuoka,佐賀県 Saga,長崎県 Nagasaki,熊本県 Kumamoto,大分県 Oita,宮崎県 Miyazaki,
鹿児島県 Kagoshima,沖縄県 Okinawa`

// names are the Japanese and the English name of each prefecture; Prefecture(1) is the first.
var names = split(prefectures)

func split(text string) (names [Okinawa][2]string) {
	for i, pair := range strings.Split(text, ",") {
		ja, en, _ := strings.Cut(strings.TrimSpace(pair), " ")
		names[i] = [2]string{ja, en}
	}
	return names
}

// PrefectureOf reads a number from 1 to 47, with or without a leading zero, or the Japanese name (東京都).
func PrefectureOf(text string) (Prefecture, bool) {
	for p := Prefecture(1); p <= Okinawa; p++ {
		if text == p.Code() || text == strconv.Itoa(int(p)) || text == p.Japanese() {
			return p, true
		}
	}
	return 0, false
}

// Valid says whether p is a prefecture.
func (p Prefecture) Valid() bool { return p >= 1 && p <= Okinawa }

// Code is the number with two digits, 01 to 47; of none the empty text.
func (p Prefecture) Code() string {
	if !p.Valid() {
		return ""
	}
	return string([]byte{'0' + byte(p)/10, '0' + byte(p)%10})
}

// Japanese is the name, 東京都; of none the empty text.
func (p Prefecture) Japanese() string {
	if !p.Valid() {
		return ""
	}
	return names[p-1][0]
}

// English is the name, Tokyo; of none the empty text.
func (p Prefecture) English() string {
	if !p.Valid() {
		return ""
	}
	return names[p-1][1]
}
