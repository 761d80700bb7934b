greeting = Merhaba { $name }! Ben { $bot }. Fiyat, VIP veya destek için bana istediğin zaman yazabilirsin.
consent-ask = Sana ara sıra fırsat, ipucu ve haber gönderebilir miyim? /stop ile her an durdurabilirsin.
consent-yes-button = Evet, yaz
consent-no-button = Hayır, teşekkürler
consent-thanks = Teşekkürler! Az ve doğru zamanda yazacağım. Bitirmek için /stop yeter.
consent-declined = Tamam, ben önce yazmayacağım. Fikrin değişirse: /start
menu-price = Fiyatlar
menu-vip = VIP
menu-support = Destek
menu-news = Haberler
answer-price = Fiyatlarımız 199 TL'den başlıyor. Üyelerin ne ödediğini görmek için VIP'e dokun.
answer-vip = VIP üyeler önce görür, daha ucuza alır ve özel gruba katılır. Aylık 500 Yıldız.
answer-buy = Ödemeyi burada, sohbette yapabilirsin. Ne istediğini yaz.
answer-support = Sorun yaşadığın için üzgünüm. Ne olduğunu yaz, bir arkadaşımız ilgilenecek.
answer-news = Bu hafta: yeni gelenler ve üyeler gecesi.
stopped = Tamam. Artık ben önce yazmayacağım. /start ile geri dönebilirsin.
help =
    /start - başla ve ne duymak istediğini seç
    /timezone Europe/Istanbul - saat dilimini söyle
    /language tr - dil seç (tr, en)
    /stop - bizden mesaj gelmesin
timezone-set = Teşekkürler. Saat dilimin artık { $zone }.
timezone-help = Lütfen şöyle yaz: /timezone Europe/Istanbul
language-set = Seninle Türkçe konuşacağım.
language-help = Lütfen /language tr veya /language en yaz
payment-thanks = Ödeme alındı. Teşekkürler!
campaign-thanks = Teşekkürler, not ettim!
campaign-more = Elbette. Merak ettiğini buradan sor.
campaign-buy = Harika seçim. Ödemeyi burada, sohbette yapabilirsin.
