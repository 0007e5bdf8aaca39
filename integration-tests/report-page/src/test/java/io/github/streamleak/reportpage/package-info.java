/** Opens the page of the report in a browser and looks at what a reader would see. */
@NullMarked
package io.github.streamleak.reportpage;

import org.jspecify.annotations.NullMarked;
