/** Whether the whole text is like the glob: `*` stands for any text, `?` for one character; case counts. */
export function matchesGlob(text: string, glob: string): boolean {
  let at = 0;
  let inGlob = 0;
  // Where to go on when what follows the last star does not fit: a regular expression would try every split anew.
  let star = -1;
  let afterStar = 0;
  while (at < text.length) {
    const wanted = glob[inGlob];
    if (wanted === "*") {
      star = inGlob;
      afterStar = at;
      inGlob += 1;
    } else if (wanted === "?" || wanted === text[at]) {
      inGlob += 1;
      at += 1;
    } else if (star >= 0) {
      inGlob = star + 1;
      afterStar += 1;
      at = afterStar;
    } else return false;
  }
  return /^\**$/.test(glob.slice(inGlob));
}
