#include "words.h"

#define LIST(name, ...)                                      \
    static const char *const name##_array[] = {__VA_ARGS__}; \
    const struct word_list name = {name##_array, sizeof name##_array / sizeof name##_array[0]}

LIST(words_first, "Ada", "Björn", "Chloé", "Dmitri", "Éva", "Fatima", "Grace", "Håkon", "Inés",
     "José", "Kateřina", "Łukasz", "Mei", "Nguyễn", "Olga", "Paul", "Quinn", "Rosa", "Søren",
     "Tomás", "Uğur", "Vera", "Wanjiru", "Xóchitl", "Yūki", "Zoë", "محمد", "דנה", "美咲", "Ольга");
LIST(words_last, "O'Brien", "Müller", "García", "Nowak", "D'Angelo", "Smith-Jones", "van der Berg",
     "Çelik", "Ångström", "Østergård", "Popović", "Lefèvre", "Tanaka", "Kim", "Şahin", "Okafor",
     "Silva", "Novák", "Ferreira", "Null", "Test", "Kowalski", "Haddad", "Lindqvist");
LIST(words_street, "High Street", "Hauptstraße", "Rue de l'Église", "Calle Mayor", "Via Roma",
     "Nørregade", "Ulica Długa", "Kirkegata", "中央通り", "Main St.", "Mill Lane", "Lange Straße");
LIST(words_city, "Reykjavík", "Köln", "Málaga", "Łódź", "Århus", "Saint-Étienne", "Bristol",
     "Ljubljana", "大阪", "Nairobi", "Montréal", "Groningen", "São Paulo", "Wellington");
LIST(words_adjective, "Blue", "Sturdy", "Folding", "Quiet", "Solar", "Pocket", "Woollen", "Copper",
     "Double", "Waxed", "Light", "Garden", "Café", "Northern", "Long-distance", "Featherweight");
LIST(words_thing, "Lamp", "Tent", "Kettle", "Notebook", "Compass", "Rucksack", "Chair", "Blanket",
     "Lantern", "Teapot", "Binoculars", "Raincoat", "Map", "Flask", "Hammock", "Bird Feeder");
LIST(words_opinion, "Does what it says.", "Broke after a week :-(", "My cat loves it 🐈",
     "\"Five stars\", as they say", "It's fine.", "100% recommended",
     "Too small; C:\\sizes\\are\\odd", "Besser als erwartet – wirklich!", "とても良い", "ممتاز",
     "Line one\nLine two\n\nLine four", "");
LIST(words_agent, "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15", "curl/8.5.0",
     "Lynx/2.9.0dev.12 libwww-FM/2.14", "");
LIST(words_prose, "Made to last and easy to mend.", "Packs flat.", "Tested in rain, wind and snow.",
     "Comes with a spare part you will need one day.", "Hand-finished in small batches.",
     "Weighs less than it looks.", "Not suitable for use under water.",
     "The colour may differ slightly from the picture.", "Two years' guarantee.",
     "Works with all sizes up to 45 cm (17¾″).");

const struct word_sample word_samples[] = {
    {"empty", ""},
    {"one space", " "},
    {"the word NULL in capitals", "NULL"},
    {"the word null in small letters", "null"},
    {"backslash N", "\\N"},
    {"backslash dot", "\\."},
    {"a lone backslash", "\\"},
    {"backslashes", "C:\\temp\\new\\0\\'\\\""},
    {"single quotes", "it's 'quoted' ''twice''"},
    {"double quotes", "say \"yes\" or \"\"no\"\""},
    {"backticks and brackets", "`tick` [bracket] $dollar$ $$ :colon ?mark %s %n"},
    {"looks like SQL", "'; DROP TABLE customers; --"},
    {"newlines", "line one\nline two\r\nline three\rline four\n"},
    {"tabs and commas", "a\tb\t\tc,d;\"e\",f|g"},
    {"control characters", "\x01\x02\x07\x08\x0b\x0c\x1b[31m\x7f"},
    {"leading and trailing space", "  between  "},
    {"trailing space", "trailing "},
    {"trailing tab", "trailing\t"},
    {"looks like a number", "0012.500"},
    {"looks like an exponent", "1e5"},
    {"looks like hexadecimal", "0x1F"},
    {"looks like bytea", "\\x414243"},
    {"looks like an array", "{1,NULL,\"a\\\"b\"}"},
    {"looks like a date", "2024-02-30"},
    {"infinity", "Infinity"},
    {"not a number", "NaN"},
    {"emoji", "🐦 flies 🛫 far 🗺️"},
    {"emoji joined", "👩‍👩‍👧‍👦 🏳️‍🌈 🇺🇳 👍🏽"},
    {"combining accents", "e\u0301 a\u0308 o\u0302\u0323 Z\u0351\u036b\u0343 n\u0303"},
    {"composed accents", "é ä ộ ñ"},
    {"right to left", "שלום עולם — مرحبا بالعالم"},
    {"right-to-left marks", "abc \u202edef\u202c \u200fghi\u200e"},
    {"Chinese beyond 16 bits", "𠜎𠜱𠝹𠱓 漢字"},
    {"Turkish i", "İstanbul ıspanak IŞIK"},
    {"German sharp s", "STRASSE Straße STRAẞE"},
    {"ligatures and wide", "ﬁ ﬂ Ｆｕｌｌ ½ ² ™"},
    {"zero width", "a\u200bb\u200cc\u200dd\u2060e\ufefff"},
    {"byte order mark first", "\ufefftext"},
    {"line separator", "one\u2028two\u2029three\xc2\x85"
                       "four"},
    {"no-break space", "\u00a0x\u00a0"},
    {"highest code point", "\xf4\x8f\xbf\xbf"},
    {"noncharacter", "\xef\xbf\xbf \xef\xb7\x90"},
    {"replacement character", "\ufffd"},
    {"UTF-8 read as Latin-1", "FranÃ§ois â‚¬ 10"},
    {"two spaces apart", "a  b"},
    {"upper case", "CASE"},
    {"lower case", "case"},
};
const int word_sample_count = sizeof word_samples / sizeof word_samples[0];

const struct word_category word_categories[] = {
    {"Outdoors", "outdoors", 0},
    {"Home", "home", 0},
    {"Books & Maps", "books-maps", 0},
    {"Camping", "camping", 1},
    {"Walking", "walking", 1},
    {"Birdwatching", "birdwatching", 1},
    {"Kitchen", "kitchen", 2},
    {"Lighting", "lighting", 2},
    {"Garden \"Deluxe\"", "garden-deluxe", 2},
    {"Atlases", "atlases", 3},
    {"Guides", "guides", 3},
    {"Tents", "tents", 4},
    {"Sleeping", "sleeping", 4},
    {"Stoves", "stoves", 4},
    {"Rucksacks", "rucksacks", 5},
    {"Rain wear", "rain-wear", 5},
    {"Feeders", "feeders", 6},
    {"Binoculars", "binoculars", 6},
    {"Teapots", "teapots", 7},
    {"Lamps", "lamps", 8},
    {"Solar", "solar", 20},
    {"Winter", "winter", 12},
    {"Summer", "summer", 12},
    {"Ultra-light", "ultra-light", 23},
    {"Sonstiges / 其他", "misc", 0},
    {"Discontinued", "discontinued", 25},
};
const int word_category_count = sizeof word_categories / sizeof word_categories[0];

const struct word_country word_countries[] = {
    {"BR", "Brasil", -23.55, -46.63},       {"CA", "Canada", 45.5, -73.57},
    {"DE", "Deutschland", 50.94, 6.96},     {"DK", "Danmark", 56.15, 10.2},
    {"ES", "España", 36.72, -4.42},         {"FR", "France", 45.44, 4.39},
    {"GB", "United Kingdom", 51.45, -2.58}, {"IS", "Ísland", 64.13, -21.9},
    {"JP", "日本", 34.69, 135.5},           {"KE", "Kenya", -1.29, 36.82},
    {"NL", "Nederland", 53.22, 6.57},       {"NZ", "Aotearoa / New Zealand", -41.29, 174.78},
    {"PL", "Polska", 51.77, 19.46},         {"SI", "Slovenija", 46.06, 14.51},
};
const int word_country_count = sizeof word_countries / sizeof word_countries[0];

LIST(word_json, "{}", "[]", "null", "\"text\"", "{\"theme\": \"dark\", \"language\": \"de\"}",
     "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":-0.5e-3}}",
     "{\"quote\":\"it's \\\"here\\\"\",\"path\":\"C:\\\\temp\",\"line\":\"one\\ntwo\"}",
     "{\"emoji\":\"🐦\",\"escaped\":\"\\u00e9\\ud83d\\udc26\",\"\":\"empty key\"}",
     "{\"big\":12345678901234567890,\"precise\":0.1000000000000000055511151231257827}",
     "{ \"spaces\" :  [ 1 , 2 ,3 ] , \"z\": 1, \"a\": 2 }", "[[[[[[[[[[]]]]]]]]]]");
