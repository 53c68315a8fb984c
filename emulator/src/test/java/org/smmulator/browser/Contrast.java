package org.smmulator.browser;

/** WCAG 2, 1.4.3 as a script: text has 4.5 to 1 against what is behind it, large text 3 to 1. */
final class Contrast {
  /** Returns a line for each text that has too little. */
  static final String TOO_LITTLE =
      """
      const rgb = text => (text.match(/[0-9.]+/g) ?? []).map(Number);
      const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const behind = e => {
        for (let at = e; at; at = at.parentElement) {
          const rect = at.ownerSVGElement && at.tagName === 'g' ? at.querySelector('rect') : null;
          const colour = rgb(rect ? getComputedStyle(rect).fill : getComputedStyle(at).backgroundColor);
          if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
      };
      const found = [];
      for (const e of document.querySelectorAll('body *')) {
        const text = [...e.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim() !== '');
        if (text.length === 0 || !e.checkVisibility() || e.tagName === 'title' || e.disabled) continue;
        const style = getComputedStyle(e), size = parseFloat(style.fontSize);
        const ink = rgb(e.ownerSVGElement ? style.fill : style.color);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const has = ratio(light(ink), light(behind(e)));
        if (has < (large ? 3 : 4.5)) {
          found.push(`${e.tagName} ${e.className.baseVal ?? e.className} '${text[0].textContent.trim()}' ${has.toFixed(2)}`);
        }
      }
      return found;
      """;

  private Contrast() {}
}
