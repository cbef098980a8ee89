/** The marks of the graph: what each is called in the legend and what it means, in one table that the help shows. */

export const MARKS = {
  size: "The area of a node grows with its number of points",
  logSize: "The radius of a node grows with the logarithm of its number of points",
  width: "The width of an edge grows with the share of the points of its two nodes that lie in both",
  pie: "The slices of a node are the shares of the values among its points; nodes too small for slices have the colour of the most frequent value",
  image: "The picture in a node is the example nearest to the mean of its points, or the activation image of the mean",
  faded: "The members of a faded node point in many directions: its mean and its picture say little of each",
  sought: "Nodes and edges are the fainter the fewer of their points are looked for",
  rim: "Nodes with a rim stand out above the noise level; the others are detail that chance alone can make",
  hull: "The nodes of a grey shape are one node in the skeleton",
  name: "Values that are more frequent in a node than chance allows",
  selected: "Selected nodes",
  path: "Nodes of the path that is shown",
  pinned: "A node that stays where it was dragged; a double click releases it",
  located: "Nodes that contain your input",
} as const;

export type MarkName = keyof typeof MARKS;
