package generate

import (
	"strings"

	"multipoint/shared/charset"
)

// The words of the files, all invented or common nouns. Many end in a byte 5C in CP932 (表 ソ 能 十 予 噂), stand
// in the NEC and IBM extensions (① ㈱ № 髙 﨑), or are half-width kana.
const (
	placeWords = "表参通り 能登浜 十日坂 ソラノ町 青空台 海風ヶ丘 緑が原 朝霧 夕凪 虹の橋 星見坂 月影 花園北 若葉台 白波 " +
		"髙輪坂 﨑浜 桜並木 銀杏通 楓の森 小川原 大空 東光台 西陽ヶ丘 南風 北斗坂 風見 雲の平 泉が丘 石畳 貼紙小路 予想ヶ原"
	departmentWords = "青果・野菜 鮮魚 精肉・惣菜 ソフト飲料 日配食品 菓子・パン 酒類（免税対象外） 日用雑貨 化粧品 " +
		"ペット用品 文具・事務 家庭用品 冷凍食品 ﾚｼﾞ横商品"
	productWords = `有機栽培ほうれん草（表示価格） ソース焼そば３食入 十勝風あずき最中 能登の塩キャラメル 特選,国産牛こま切れ ` +
		`①番人気の食パン６枚切 ㈱あおぞら謹製カレー お徳用～大容量パック 「朝の一杯」深煎り珈琲 手巻"極"寿司セット ` +
		`減塩−三割のみそ汁 髙原牛乳１リットル ﾊﾞﾅﾅ(ﾌｨﾘﾋﾟﾝ産) 竹輪,五本入,冷蔵 予約限定いちごケーキ №５ 石けんの香り ` +
		`㍻の味ラーメン Ⅲ種のチーズ盛合せ 暴れ鰹のたたき 噂のメロンパン`
	staffWords = "青空花子 星野一郎 海原十三 森下表音 﨑山美能 髙橋ソラ 月岡次郎 虹川さくら 雲井朔太 風間まどか"
	// UTF-8 files also have characters that CP932 lacks.
	unicodeStaff = " 𠮷川のぞみ"
)

// words are the words of a file in its encoding, their quotes doubled where the file has quotes.
type words struct {
	places, departments, products, staff [][]byte
}

func newWords(encoding charset.Encoding, doubleQuotes bool) words {
	enc := charset.Encoder{Encoding: encoding}
	list := func(text, suffix string) [][]byte {
		var out [][]byte
		for _, word := range strings.Fields(text) {
			if doubleQuotes {
				word = strings.ReplaceAll(word, `"`, `""`)
			}
			// A character that the encoding lacks ends the word; the tests show that none does.
			encoded, _ := enc.Append(nil, []byte(word+suffix))
			out = append(out, encoded)
		}
		return out
	}
	staff := staffWords
	if encoding == charset.UTF8 {
		staff += unicodeStaff
	}
	return words{
		places: list(placeWords, "中央店"), departments: list(departmentWords, ""),
		products: list(productWords, ""), staff: list(staff, ""),
	}
}
