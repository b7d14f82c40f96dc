"""What a browser shows of an image: the oracle for decoding, where Chromium is installed."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

_PAGE = """<!DOCTYPE html><html><body>IMAGES<pre id="result"></pre><script>
function sums(image) {
  if (!image.naturalWidth) return null;
  const canvas = document.createElement("canvas");
  const width = canvas.width = image.naturalWidth, height = canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", {colorSpace: "srgb"});
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, width, height).data;
  const sums = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      const sum = sums[2 * (2 * y >= height) + (2 * x >= width)];
      for (let c = 0; c < 3; c++) sum[c] += data[i + c];
      sum[3]++;
    }
  return [height, width, sums];
}
window.onload = () => {
  const found = Array.from(document.images, sums);
  document.getElementById("result").textContent = JSON.stringify(found);
};
</script></body></html>"""


def quadrant_means(image):
    """Return the mean colour of each quadrant that has pixels: {(row, column): RGB}."""
    height, width = image.shape[:2]
    rows, columns = np.arange(height) * 2 >= height, np.arange(width) * 2 >= width
    return {
        (r, c): image[rows == r][:, columns == c].mean(axis=(0, 1))
        for r in sorted(set(rows.tolist()))
        for c in sorted(set(columns.tolist()))
    }


def shown_by_chromium(files):
    """Return height, width and quadrant means of each file's bytes, or None if it is not shown."""
    images = "".join(
        f'<img src="data:image/*;base64,{base64.b64encode(content).decode()}">' for content in files
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(_PAGE.replace("IMAGES", images))
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        options += [f"--user-data-dir={folder}/profile", "--dump-dom"]
        command = [CHROMIUM, *options, page.as_uri()]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(re.search(r'<pre id="result">(.*?)</pre>', run.stdout)[1])
    return [None if one is None else (*one[:2], _means(one[2])) for one in found]


def _means(sums):
    return {
        divmod(i, 2): np.array(total[:3]) / total[3] for i, total in enumerate(sums) if total[3]
    }
